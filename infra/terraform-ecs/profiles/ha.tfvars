# Any task, and any zone, may go: two of each, a standby of the database, events that stream, more tasks under load.
environment        = "prod"
ingress            = "alb"
certificate_arn    = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
api_domain         = "api.example.com"
redis              = "elasticache"
database           = "rds"
database_class     = "db.t4g.small" # the connections of six tasks of each
database_multi_az  = true
frontend           = "cloudfront"
worker_capacity    = "FARGATE"
api_count          = 2
worker_count       = 2
enable_autoscaling = true
max_count          = 6
enable_alarms      = true
alarm_email        = "ops@example.com"
