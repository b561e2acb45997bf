# Every validation, refused.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_availability_zones" {
    defaults = { zone_ids = ["use1-az6", "use1-az2", "use1-az4"] }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  environment = "dev"
  images = {
    api     = "123456789012.dkr.ecr.us-east-1.amazonaws.com/fualab/api@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    worker  = "123456789012.dkr.ecr.us-east-1.amazonaws.com/fualab/worker@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    migrate = "123456789012.dkr.ecr.us-east-1.amazonaws.com/fualab/api@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  }
}

run "region" {
  command = plan

  variables {
    region = "Frankfurt"
  }

  expect_failures = [var.region]
}

run "environment" {
  command = plan

  variables {
    environment = "Prod_1"
  }

  expect_failures = [var.environment]
}

run "ingress" {
  command = plan

  variables {
    ingress = "nlb"
  }

  expect_failures = [var.ingress]
}

run "public_ip_in_prod" {
  command = plan

  variables {
    environment = "prod"
    redis       = "elasticache"
  }

  expect_failures = [var.ingress]
}

run "certificate" {
  command = plan

  variables {
    certificate_arn = "x"
    api_domain      = "api.example.com"
  }

  expect_failures = [var.certificate_arn]
}

run "alb_without_certificate_in_prod" {
  command = plan

  variables {
    environment = "prod"
    redis       = "elasticache"
    ingress     = "alb"
  }

  expect_failures = [var.certificate_arn]
}

run "domain_without_certificate" {
  command = plan

  variables {
    api_domain = "api.example.com"
  }

  expect_failures = [var.api_domain]
}

run "redis" {
  command = plan

  variables {
    redis = "memcached"
  }

  expect_failures = [var.redis]
}

run "sidecar_with_two_workers" {
  command = plan

  variables {
    worker_count = 2
  }

  expect_failures = [var.redis]
}

run "sidecar_with_autoscaling" {
  command = plan

  variables {
    enable_autoscaling = true
  }

  expect_failures = [var.redis]
}

run "sidecar_in_prod" {
  command = plan

  variables {
    environment = "prod"
    ingress     = "api_gateway"
  }

  expect_failures = [var.redis]
}

run "redis_image_latest" {
  command = plan

  variables {
    redis_image = "valkey/valkey:latest"
  }

  expect_failures = [var.redis_image]
}

run "redis_image_untagged" {
  command = plan

  variables {
    redis_image = "valkey"
  }

  expect_failures = [var.redis_image]
}

run "database" {
  command = plan

  variables {
    database = "mysql"
  }

  expect_failures = [var.database]
}

run "database_class" {
  command = plan

  variables {
    database_class = "t4g.micro"
  }

  expect_failures = [var.database_class]
}

run "frontend" {
  command = plan

  variables {
    frontend = "vercel"
  }

  expect_failures = [var.frontend]
}

run "cloudfront_before_public_ip" {
  command = plan

  variables {
    frontend = "cloudfront"
  }

  expect_failures = [var.frontend]
}

run "worker_capacity" {
  command = plan

  variables {
    worker_capacity = "EC2"
  }

  expect_failures = [var.worker_capacity]
}

run "repositories" {
  command = plan

  variables {
    repositories = "none"
  }

  expect_failures = [var.repositories]
}

run "api_count_zero" {
  command = plan

  variables {
    api_count = 0
  }

  expect_failures = [var.api_count]
}

run "api_count_fraction" {
  command = plan

  variables {
    api_count = 1.5
  }

  expect_failures = [var.api_count]
}

run "worker_count_zero" {
  command = plan

  variables {
    worker_count = 0
  }

  expect_failures = [var.worker_count]
}

run "worker_count_fraction" {
  command = plan

  variables {
    worker_count = 1.5
  }

  expect_failures = [var.worker_count]
}

run "max_count" {
  command = plan

  variables {
    api_count = 5
  }

  expect_failures = [var.max_count]
}

run "max_count_too_many" {
  command = plan

  variables {
    max_count = 51
  }

  expect_failures = [var.max_count]
}

run "cpu" {
  command = plan

  variables {
    cpu = 300
  }

  expect_failures = [var.cpu]
}

run "memory" {
  command = plan

  variables {
    memory = 700
  }

  expect_failures = [var.memory]
}

run "memory_too_little" {
  command = plan

  variables {
    cpu    = 1024
    memory = 1024
  }

  expect_failures = [var.memory]
}

run "off_hours" {
  command = plan

  variables {
    schedule_off_hours = { stop = "20:00", start = "cron(0 8 ? * MON-FRI *)" }
  }

  expect_failures = [var.schedule_off_hours]
}

run "off_hours_that_leave_a_weekend_awake" {
  command = plan

  variables {
    schedule_off_hours = { stop = "cron(0 20 ? * MON-FRI *)", start = "cron(0 8 ? * MON-FRI *)" }
  }

  expect_failures = [var.schedule_off_hours]
}

run "settings_of_others" {
  command = plan

  variables {
    settings = { api = { PATH = "/" } }
  }

  expect_failures = [var.settings]
}

run "settings_that_the_stack_has" {
  command = plan

  variables {
    settings = { worker = { FUALAB_ENV = "development" } }
  }

  expect_failures = [var.settings]
}

run "settings_with_a_secret" {
  command = plan

  variables {
    settings = { api = { FUALAB_REDIS_URL = "rediss://example.com" } }
  }

  expect_failures = [var.settings]
}

run "zones_by_name" {
  command = plan

  variables {
    zone_ids = ["us-east-1a", "us-east-1b"]
  }

  expect_failures = [var.zone_ids]
}

run "one_zone_twice" {
  command = plan

  variables {
    zone_ids = ["use1-az1", "use1-az1"]
  }

  expect_failures = [var.zone_ids]
}

run "connections_for_too_few" {
  command = plan

  variables {
    database           = "rds"
    database_class     = "db.t4g.micro"
    database_ca        = "-----BEGIN CERTIFICATE-----\nnot-a-real-one\n-----END CERTIFICATE-----\n"
    redis              = "elasticache"
    enable_autoscaling = true
    max_count          = 6
  }

  expect_failures = [var.database_class]
}

run "off_hours_in_prod" {
  command = plan

  variables {
    environment        = "prod"
    ingress            = "api_gateway"
    redis              = "elasticache"
    schedule_off_hours = { stop = "cron(0 20 ? * * *)", start = "cron(0 8 ? * MON-FRI *)" }
  }

  expect_failures = [var.schedule_off_hours]
}

run "alarm_email" {
  command = plan

  variables {
    alarm_email = "nobody"
  }

  expect_failures = [var.alarm_email]
}

run "alarms_that_nobody_hears" {
  command = plan

  variables {
    enable_alarms = true
  }

  expect_failures = [var.alarm_email]
}

run "budget_that_nobody_hears" {
  command = plan

  variables {
    monthly_budget_usd = 40
  }

  expect_failures = [var.alarm_email]
}

run "page_webhook_in_plain_text" {
  command = plan

  variables {
    page_webhook = "http://pager.example.com"
  }

  expect_failures = [var.page_webhook]
}

run "budget" {
  command = plan

  variables {
    monthly_budget_usd = 0
    alarm_email        = "ops@example.com"
  }

  expect_failures = [var.monthly_budget_usd]
}

run "log_retention_days" {
  command = plan

  variables {
    log_retention_days = 13
  }

  expect_failures = [var.log_retention_days]
}

run "vpc_id" {
  command = plan

  variables {
    vpc = { id = "10.0.0.0/16", subnet_ids = ["subnet-1", "subnet-2"] }
  }

  expect_failures = [var.vpc]
}

run "vpc_one_subnet" {
  command = plan

  variables {
    vpc = { id = "vpc-1", subnet_ids = ["subnet-1", "subnet-1"] }
  }

  expect_failures = [var.vpc]
}

run "vpc_cidr" {
  command = plan

  variables {
    vpc_cidr = "10.0.0.0"
  }

  expect_failures = [var.vpc_cidr]
}

run "vpc_cidr_small" {
  command = plan

  variables {
    vpc_cidr = "10.0.0.0/25"
  }

  expect_failures = [var.vpc_cidr]
}

run "api_allowed_cidrs" {
  command = plan

  variables {
    api_allowed_cidrs = ["everybody"]
  }

  expect_failures = [var.api_allowed_cidrs]
}

run "api_allowed_cidrs_empty" {
  command = plan

  variables {
    api_allowed_cidrs = []
  }

  expect_failures = [var.api_allowed_cidrs]
}

run "github_wildcard" {
  command = plan

  variables {
    github = { owner = "*", owner_id = 1, repo = "fualab", repo_id = 2 }
  }

  expect_failures = [var.github]
}

run "github_missing" {
  command = plan

  variables {
    enable_github_oidc = true
  }

  expect_failures = [var.github]
}

run "images_by_tag" {
  command = plan

  variables {
    images = { api = "x/api:main-1" }
  }

  expect_failures = [var.images]
}

run "secrets_versions" {
  command = plan

  variables {
    secrets_versions = { smoke_token = 0 }
  }

  expect_failures = [var.secrets_versions]
}

run "database_url_in_plain_text" {
  command = plan

  variables {
    database_url = "postgresql://fualab:secret@db.example.com/fualab"
  }

  expect_failures = [var.database_url]
}

run "database_url_without_host" {
  command = plan

  variables {
    database_url = "postgresql:///fualab?sslmode=verify-full"
  }

  expect_failures = [var.database_url]
}

run "database_password" {
  command = plan

  variables {
    database_password = "of a@b"
  }

  expect_failures = [var.database_password]
}

run "redis_url_in_plain_text" {
  command = plan

  variables {
    redis_url = "redis://cache.example.com:6379/0"
  }

  expect_failures = [var.redis_url]
}

run "database_url_unverified" {
  command = plan

  variables {
    database_url = "postgresql://fualab:secret@db.example.com/fualab?sslmode=require"
  }

  expect_failures = [var.database_url]
}

run "migrate_database_url_unverified" {
  command = plan

  variables {
    migrate_database_url = "postgresql://fualab:secret@db.example.com/fualab?sslmode=verify-ca"
  }

  expect_failures = [var.migrate_database_url]
}

run "service_password" {
  command = plan

  variables {
    service_password = "of a@b"
  }

  expect_failures = [var.service_password]
}

run "database_ca" {
  command = plan

  variables {
    database_ca = "bundle.pem"
  }

  expect_failures = [var.database_ca]
}

run "rds_without_its_authorities" {
  command = plan

  variables {
    database = "rds"
  }

  expect_failures = [var.database_ca]
}

run "rate_limit" {
  command = plan

  variables {
    rate_limit = -1
  }

  expect_failures = [var.rate_limit]
}
