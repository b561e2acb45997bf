locals {
  log_groups = { for program in keys(local.programs) : program => "/fualab/${var.environment}/${program}" }
}

#tfsec:ignore:aws-cloudwatch-log-group-customer-key CloudWatch encrypts by itself; the programs log no secret.
resource "aws_cloudwatch_log_group" "this" {
  for_each = local.log_groups

  name              = each.value
  retention_in_days = var.log_retention_days
}
