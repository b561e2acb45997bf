mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  github = { owner = "fualab", owner_id = 1, repo = "fualab", repo_id = 2 }
}

run "roles" {
  command = plan

  assert {
    condition     = join(" ", keys(aws_iam_role.github)) == "build deploy-dev deploy-prod drift-dev drift-prod plan release"
    error_message = "a role is missing, or one too many"
  }
  assert {
    condition = alltrue([for role, subject in {
      build       = "ref:refs/heads/main"
      deploy-dev  = "environment:dev"
      deploy-prod = "environment:prod"
      drift-dev   = "ref:refs/heads/main"
      drift-prod  = "ref:refs/heads/main"
      plan        = "pull_request"
      release     = "environment:release"
    } : join(" ", [for p in local.prefixes : "${p}:${local.roles[role]}"]) == "repo:fualab/fualab:${subject} repo:fualab@1/fualab@2:${subject}"])
    error_message = "a role trusts another subject"
  }
  assert {
    condition     = aws_s3_bucket_versioning.state.versioning_configuration[0].status == "Enabled" && aws_s3_bucket_public_access_block.state.restrict_public_buckets
    error_message = "the state can be lost, or read by all"
  }
}

run "owner_with_a_wildcard" {
  command = plan

  variables {
    github = { owner = "fualab", owner_id = 1, repo = "*", repo_id = 2 }
  }

  expect_failures = [var.github]
}

run "environments" {
  command = plan

  variables {
    environments = ["*"]
  }

  expect_failures = [var.environments]
}

run "region" {
  command = plan

  variables {
    region = "Virginia"
  }

  expect_failures = [var.region]
}
