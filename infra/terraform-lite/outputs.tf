output "repositories" {
  description = "Where to push: the repositories' URLs by service."
  value       = { for service, repository in aws_ecr_repository.this : service => repository.repository_url }
}

output "cluster" {
  description = "Name of the cluster."
  value       = aws_ecs_cluster.this.name
}
