# One pair of repositories an account: an image is built once, and every environment runs the same digest.

resource "aws_ecr_repository" "this" {
  for_each = var.repositories == "create" ? toset(["api", "worker"]) : toset([])

  name                 = "fualab/${each.key}"
  image_tag_mutability = "IMMUTABLE"

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
        description  = "thirty builds of main stay, releases (v*) for ever"
        selection    = { tagStatus = "tagged", tagPrefixList = ["main-"], countType = "imageCountMoreThan", countNumber = 30 }
        action       = { type = "expire" }
      },
    ]
  })
}

locals {
  repository_arns = { for s in ["api", "worker"] : s => "${local.arn}:ecr:${var.region}:${local.account}:repository/fualab/${s}" }
}
