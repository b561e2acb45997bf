terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.47, < 7.0"
    }
  }

  # Its own state begins on the machine that applies it, and moves into the bucket that it makes: see README.md.
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      Project   = "fualab"
      Stack     = "bootstrap"
      ManagedBy = "terraform"
    }
  }
}
