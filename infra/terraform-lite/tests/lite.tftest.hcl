mock_provider "aws" {}

run "defaults" {
  command = plan

  assert {
    condition     = join(" ", [for r in aws_ecr_repository.this : r.name]) == "fualab/api fualab/frontend fualab/worker"
    error_message = "the repositories are not those that terraform-ecs takes"
  }
  assert {
    condition     = alltrue([for r in aws_ecr_repository.this : r.image_tag_mutability == "IMMUTABLE_WITH_EXCLUSION" && [for f in r.image_tag_mutability_exclusion_filter : f.filter] == ["env-*"] && r.image_scanning_configuration[0].scan_on_push])
    error_message = "tags may move, or nobody scans"
  }
  assert {
    condition     = alltrue([for p in aws_ecr_lifecycle_policy.this : jsondecode(p.policy).rules[2].selection.countNumber == 30])
    error_message = "images are kept for ever"
  }
}

run "region" {
  command = plan

  variables {
    region = "Virginia"
  }

  expect_failures = [var.region]
}

run "name" {
  command = plan

  variables {
    name = "FUALab"
  }

  expect_failures = [var.name]
}

run "too_few_for_a_rollback" {
  command = plan

  variables {
    keep_images = 1
  }

  expect_failures = [var.keep_images]
}
