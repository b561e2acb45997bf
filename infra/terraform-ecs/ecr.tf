# One set of repositories an account: an image is built once, and every environment runs the same digest.

resource "aws_ecr_repository" "this" {
  for_each = var.repositories == "create" ? toset(["api", "worker", "frontend"]) : toset([])

  name                 = "fualab/${each.key}"
  image_tag_mutability = "IMMUTABLE_WITH_EXCLUSION"

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
  policy     = templatefile("${path.module}/../images.json.tftpl", { keep = 30 })
}

locals {
  repository_arns = { for s in ["api", "worker", "frontend"] : s => "${local.arn}:ecr:${var.region}:${local.account}:repository/fualab/${s}" }
}
