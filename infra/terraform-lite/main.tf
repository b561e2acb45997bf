# A release is one image by digest: a tag never moves, and what runs can be read off it.
resource "aws_ecr_repository" "this" {
  for_each = toset(["api", "worker"])

  name                 = "${var.name}/${each.key}"
  image_tag_mutability = "IMMUTABLE"
  force_delete         = false

  image_scanning_configuration {
    scan_on_push = true
  }

  #tfsec:ignore:aws-ecr-repository-customer-key A key of one's own costs 1.00 a month and protects from nobody here.
  encryption_configuration {
    encryption_type = "AES256"
  }
}

resource "aws_ecr_lifecycle_policy" "this" {
  for_each = aws_ecr_repository.this

  repository = each.value.name
  policy = jsonencode({
    rules = [
      {
        rulePriority = 1
        description  = "untagged images go after a week"
        selection    = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 7 }
        action       = { type = "expire" }
      },
      {
        rulePriority = 2
        description  = "the newest builds of main stay"
        selection    = { tagStatus = "tagged", tagPrefixList = ["main-"], countType = "imageCountMoreThan", countNumber = var.keep_images }
        action       = { type = "expire" }
      },
    ]
  })
}

resource "aws_ecs_cluster" "this" {
  name = var.name

  #tfsec:ignore:aws-ecs-enable-container-insight It is charged by the metric; a cluster without services has none.
  setting {
    name  = "containerInsights"
    value = "disabled"
  }
}
