# The profile standard, with what prod adds. Images come from the repositories that dev has made.
environment  = "prod"
repositories = "existing"

ingress         = "api_gateway"
redis           = "elasticache"
database        = "rds"
frontend        = "cloudfront"
worker_capacity = "FARGATE"

api_count    = 2
worker_count = 1

log_retention_days = 30
enable_alarms      = true
alarm_email        = "ops@example.com"
monthly_budget_usd = 100
