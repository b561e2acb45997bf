output "state_bucket" {
  description = "Bucket of the states: goes into backend.hcl."
  value       = aws_s3_bucket.state.bucket
}

output "roles" {
  description = "Roles of the workflows, by what they do: repository or environment variables of GitHub."
  value       = { for k, role in aws_iam_role.github : k => role.arn }
}
