terraform {
  required_version = ">= 1.11" # write-only arguments, the S3 backend's own lock

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.47, < 7.0" # wait_for_steady_state fails the apply when ECS rolls back
    }
  }

  # bootstrap makes the bucket; terraform init -backend-config=dev.backend.hcl names it.
  backend "s3" {
    use_lockfile = true
    encrypt      = true
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      Project     = "fualab"
      Environment = var.environment
      ManagedBy   = "terraform"
    }
  }
}
