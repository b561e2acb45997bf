# HTTPS, a database and a Redis that AWS keeps, two of the API.
environment     = "prod"
ingress         = "api_gateway"
redis           = "elasticache"
database        = "rds"
frontend        = "cloudfront"
worker_capacity = "FARGATE"
api_count       = 2
worker_count    = 1
enable_alarms   = true
alarm_email     = "ops@example.com"
