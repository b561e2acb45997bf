# A release is one image by digest: no tag that names a build moves, and the digest identifies the build that runs.
resource "aws_ecr_repository" "this" {
  for_each = toset(["api", "frontend", "worker"])

  name                 = "${var.name}/${each.key}"
  image_tag_mutability = "IMMUTABLE_WITH_EXCLUSION"
  force_delete         = false

  # Tags that deploy moves, so that the lifecycle policy keeps the images of an environment. It runs them by digest.
  image_tag_mutability_exclusion_filter {
    filter      = "env-*"
    filter_type = "WILDCARD"
  }

  image_scanning_configuration {
    scan_on_push = true
  }

  #tfsec:ignore:aws-ecr-repository-customer-key A key of one's own costs 1.00 a month and gives no protection here.
  encryption_configuration {
    encryption_type = "AES256"
  }
}

resource "aws_ecr_lifecycle_policy" "this" {
  for_each = aws_ecr_repository.this

  repository = each.value.name
  policy     = templatefile("${path.module}/../images.json.tftpl", { keep = var.keep_images })
}

resource "aws_ecs_cluster" "this" {
  name = var.name

  #tfsec:ignore:aws-ecs-enable-container-insight It is charged by the metric; a cluster without services has none.
  setting {
    name  = "containerInsights"
    value = "disabled"
  }
}
