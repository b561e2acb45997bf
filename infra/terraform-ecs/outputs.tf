# Outputs for deploy.

output "region" {
  description = "Region of the stack."
  value       = var.region
}

output "cluster" {
  description = "Name of the cluster."
  value       = aws_ecs_cluster.this.name
}

output "ingress" {
  description = "How requests come in."
  value       = var.ingress
}

output "url" {
  description = "Address of the API; empty with ingress = public_ip, whose tasks have one each."
  value = {
    public_ip   = ""
    api_gateway = one(aws_apigatewayv2_api.this[*].api_endpoint)
    alb         = local.api_origin.https ? "https://${coalesce(local.api_origin.name, "-")}" : "http://${try(coalesce(local.api_origin.name), "-")}"
  }[var.ingress]
}

output "migrate" {
  description = "The one-off task that migrates; null before the first release."
  value = contains(keys(local.images), "migrate") ? {
    task_definition = aws_ecs_task_definition.this["migrate"].arn
    subnets         = local.subnet_ids
    security_group  = aws_security_group.this["task"].id
    log_group       = local.log_groups["migrate"]
  } : null
}

output "services" {
  description = "Least and most tasks of each service."
  value       = local.services
}

output "task_definitions" {
  description = "What each program should run."
  value       = { for program, definition in aws_ecs_task_definition.this : program => definition.arn }
}

# Outputs for people.

output "repositories" {
  description = "Where to push."
  value       = { for s, arn in local.repository_arns : s => "${local.account}.dkr.ecr.${var.region}.amazonaws.com/fualab/${s}" }
}

output "web_client" {
  description = "Address of the web client, and where deploy puts its files; null without one."
  value       = var.frontend == "none" ? null : { url = "https://${aws_cloudfront_distribution.this[0].domain_name}", bucket = aws_s3_bucket.frontend[0].bucket, distribution = aws_cloudfront_distribution.this[0].id }
}

output "github_role" {
  description = "Role of this environment's workflows that only read."
  value       = one(aws_iam_role.github[*].arn)
}
