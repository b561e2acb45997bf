terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.47, < 7.0"
    }
  }

  # bootstrap makes the bucket; terraform init -backend-config=backend.hcl names it.
  backend "s3" {
    use_lockfile = true
    encrypt      = true
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      Project   = "fualab"
      Stack     = "terraform-lite"
      ManagedBy = "terraform"
    }
  }
}
