# The shape of a task is this stack's, its image is the release's. The record of the release is a parameter that
# Terraform makes once and then only reads: the services' images come from its value, which every plan refreshes. So
# `terraform apply` by hand changes no image, and after a deployment has written the record there is nothing to plan.

resource "aws_ssm_parameter" "release" {
  for_each = toset(["current", "previous"])

  name           = "/fualab/${var.environment}/release/${each.key}"
  description    = "What runs, and what ran before: written by deploy"
  type           = "String"
  insecure_value = "{}" # no release yet: no service

  lifecycle {
    ignore_changes = [insecure_value]
  }
}

locals {
  recorded = try(jsondecode(aws_ssm_parameter.release["current"].insecure_value).images, {})
  given    = var.images == null ? { api = null, worker = null, migrate = null } : var.images

  # Without a release there is no image, and so no task definition and no service.
  images = { for k, v in {
    api     = try(coalesce(local.given.api, try(local.recorded.api, null)), null)
    worker  = try(coalesce(local.given.worker, try(local.recorded.worker, null)), null)
    migrate = try(coalesce(local.given.migrate, try(local.recorded.api, null)), null)
  } : k => v if v != null }
}
