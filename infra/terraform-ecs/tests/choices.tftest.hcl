# Every choice, planned.

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

run "defaults" {
  command = plan

  assert {
    condition     = length(aws_vpc.this) == 1 && length(aws_subnet.public) == 2
    error_message = "a VPC with two public subnets is made"
  }

  assert {
    condition     = { for p in ["api", "worker", "migrate"] : p => one([for e in jsondecode(aws_ecs_task_definition.this[p].container_definitions)[0].environment : e.value if e.name == "GOMEMLIMIT"]) } == { api = "409MiB", worker = "307MiB", migrate = "409MiB" }
    error_message = "Go collects too late, and the task is killed"
  }

  assert {
    condition     = [for e in jsondecode(aws_ecs_task_definition.this["api"].container_definitions)[0].environment : e.value if contains(["FUALAB_RATE_LIMIT", "FUALAB_TRUSTED_PROXIES"], e.name)] == ["100"]
    error_message = "an API that is reached directly has no limit, or believes a proxy that is not there"
  }

  assert {
    condition     = aws_ecs_task_definition.this["api"].runtime_platform[0].cpu_architecture == "ARM64"
    error_message = "tasks run on ARM64"
  }

  assert {
    condition     = alltrue([for p in ["api", "worker", "migrate"] : alltrue([for c in jsondecode(aws_ecs_task_definition.this[p].container_definitions) : c.readonlyRootFilesystem && c.linuxParameters.initProcessEnabled && c.linuxParameters.capabilities.drop == ["ALL"]])])
    error_message = "every container has a read-only root, an init process and no capability"
  }

  assert {
    condition     = alltrue([for p in ["api", "worker"] : jsondecode(aws_ecs_task_definition.this[p].container_definitions)[0].healthCheck.command == ["CMD", "/usr/local/bin/fualab-${p}", "healthcheck"]])
    error_message = "the binaries check their own health"
  }

  assert {
    condition     = tonumber(one([for e in jsondecode(aws_ecs_task_definition.this["api"].container_definitions)[0].environment : e.value if e.name == "FUALAB_SHUTDOWN_DELAY_SECONDS"])) + tonumber(one([for e in jsondecode(aws_ecs_task_definition.this["api"].container_definitions)[0].environment : e.value if e.name == "FUALAB_SHUTDOWN_TIMEOUT_SECONDS"])) < jsondecode(aws_ecs_task_definition.this["api"].container_definitions)[0].stopTimeout
    error_message = "the API is killed before it has drained"
  }

  assert {
    condition     = tonumber(one([for e in jsondecode(aws_ecs_task_definition.this["worker"].container_definitions)[0].environment : e.value if e.name == "FUALAB_SHUTDOWN_TIMEOUT_SECONDS"])) < jsondecode(aws_ecs_task_definition.this["worker"].container_definitions)[0].stopTimeout && jsondecode(aws_ecs_task_definition.this["worker"].container_definitions)[0].stopTimeout <= 120
    error_message = "the worker is killed before its runs have ended"
  }

  assert {
    condition     = one([for e in jsondecode(aws_ecs_task_definition.this["api"].container_definitions)[0].environment : e.value if e.name == "FUALAB_MIGRATE_ON_START"]) == "false"
    error_message = "the API would migrate by itself"
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this["migrate"].container_definitions)[0].command == ["migrate", "up"]
    error_message = "the one-off task does not migrate"
  }

  assert {
    condition     = one([for e in jsondecode(aws_ecs_task_definition.this["api"].container_definitions)[0].environment : e.value if e.name == "FUALAB_AUTH"]) == "on"
    error_message = "everybody may do everything"
  }

  assert {
    condition     = alltrue([for s in [aws_ecs_service.api[0], aws_ecs_service.worker[0]] : s.deployment_circuit_breaker[0].enable && s.deployment_circuit_breaker[0].rollback && s.wait_for_steady_state && s.deployment_minimum_healthy_percent == 100 && s.deployment_maximum_percent == 200])
    error_message = "a bad image is not taken back, or the apply does not notice"
  }

  assert {
    condition     = alltrue([for p, d in aws_ecs_task_definition.this : !strcontains(d.container_definitions, "localhost:5432")])
    error_message = "a database on localhost is none"
  }

  assert {
    condition     = alltrue([for r in aws_ecr_repository.this : r.image_tag_mutability == "IMMUTABLE_WITH_EXCLUSION" && [for f in r.image_tag_mutability_exclusion_filter : f.filter] == ["env-*"] && r.image_scanning_configuration[0].scan_on_push])
    error_message = "tags may move, or nobody scans"
  }

  assert {
    condition     = alltrue([for g in aws_cloudwatch_log_group.this : g.retention_in_days == 14])
    error_message = "log lines are kept for ever"
  }

  assert {
    condition     = length(aws_lb.this) == 0 && length(aws_apigatewayv2_api.this) == 0 && length(aws_db_instance.this) == 0 && length(aws_elasticache_serverless_cache.this) == 0 && length(aws_cloudfront_distribution.this) == 0 && length(aws_iam_role.github) == 0 && length(aws_cloudwatch_metric_alarm.this) == 0 && length(aws_cloudwatch_metric_alarm.worker-heartbeat) == 0 && length(aws_budgets_budget.this) == 0 && length(aws_appautoscaling_target.this) == 0
    error_message = "the default has something that costs and was not asked for"
  }
}

run "zones" {
  command = plan

  assert {
    condition     = [for s in aws_subnet.public : s.availability_zone_id] == ["use1-az2", "use1-az4"] && contains(data.aws_availability_zones.this[0].exclude_zone_ids, "use1-az3")
    error_message = "a subnet stands where API Gateway or Fargate is missing, or in another zone in each account"
  }
}

run "zones_given" {
  command = plan

  variables {
    zone_ids = ["use1-az5", "use1-az1"]
  }

  assert {
    condition     = [for s in aws_subnet.public : s.availability_zone_id] == ["use1-az5", "use1-az1"]
    error_message = "the zones that were given are not used"
  }
}

run "settings" {
  command = plan

  variables {
    ingress = "alb"
    settings = {
      api    = { FUALAB_OIDC_ISSUER = "https://id.example.com", FUALAB_TRUSTED_PROXIES = "192.0.2.0/24" }
      worker = { FUALAB_LOG_LEVEL = "debug" }
    }
  }

  assert {
    condition = { for p in ["api", "worker", "migrate"] : p => [for e in jsondecode(aws_ecs_task_definition.this[p].container_definitions)[0].environment : e.value if contains(["FUALAB_OIDC_ISSUER", "FUALAB_TRUSTED_PROXIES", "FUALAB_LOG_LEVEL"], e.name)] } == {
      api     = ["https://id.example.com", "192.0.2.0/24"]
      worker  = ["debug"]
      migrate = ["https://id.example.com", "192.0.2.0/24"]
    }
    error_message = "a setting does not reach its service, or the stack's own wins"
  }
}

run "before_the_first_release" {
  command = plan

  variables {
    images = null
  }

  assert {
    condition     = length(aws_ecs_service.api) == 0 && length(aws_ecs_service.worker) == 0 && length(aws_ecs_task_definition.this) == 0
    error_message = "a service without an image"
  }

  assert {
    condition     = aws_ssm_parameter.release["current"].insecure_value == "{}"
    error_message = "the record says something that nobody released"
  }
}

run "phase_a_of_a_first_release" {
  command = plan

  variables {
    images = { migrate = "x/api@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" }
  }

  assert {
    condition     = join(" ", keys(aws_ecs_task_definition.this)) == "migrate" && length(aws_ecs_service.api) == 0
    error_message = "only the migration is there"
  }
}

run "public_ip" {
  command = plan

  assert {
    condition     = [for r in aws_vpc_security_group_ingress_rule.api_public : "${r.cidr_ipv4} ${r.from_port}"] == ["0.0.0.0/0 8000"]
    error_message = "the API is not reached on its port alone"
  }

  assert {
    condition     = output.url == ""
    error_message = "public_ip has no name"
  }
}

run "public_ip_narrowed" {
  command = plan

  variables {
    api_allowed_cidrs = ["203.0.113.0/24", "198.51.100.7/32"]
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.api_public) == 2
    error_message = "a rule a network"
  }
}

run "api_gateway" {
  command = plan

  variables {
    ingress = "api_gateway"
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.api_public) == 0 && join(" ", keys(aws_vpc_security_group_ingress_rule.api_balanced)) == "gateway"
    error_message = "the API is reached past API Gateway"
  }

  assert {
    condition     = aws_apigatewayv2_integration.api[0].connection_type == "VPC_LINK" && aws_apigatewayv2_integration.api[0].timeout_milliseconds == 30000
    error_message = "no VPC link"
  }

  assert {
    condition     = aws_service_discovery_service.api[0].dns_config[0].dns_records[0].type == "SRV" && length(aws_service_discovery_service.api[0].health_check_custom_config) == 1
    error_message = "API Gateway needs an SRV record with a custom health check"
  }

  assert {
    condition     = length(aws_ecs_service.api[0].service_registries) == 1
    error_message = "the API is not registered"
  }
}

run "alb" {
  command = plan

  variables {
    ingress = "alb"
  }

  assert {
    condition     = aws_lb_listener.http[0].default_action[0].type == "forward" && length(aws_lb_listener.https) == 0
    error_message = "without a certificate port 80 serves"
  }

  assert {
    condition     = join(" ", keys(aws_vpc_security_group_ingress_rule.alb)) == "0.0.0.0/0-80" && length(aws_vpc_security_group_ingress_rule.api_public) == 0
    error_message = "the API is reached past the load balancer"
  }

  assert {
    condition     = one([for e in jsondecode(aws_ecs_task_definition.this["api"].container_definitions)[0].environment : e.value if e.name == "FUALAB_TRUSTED_PROXIES"]) == "10.20.0.0/20"
    error_message = "all clients of the load balancer share one address"
  }

  assert {
    condition     = tonumber(aws_lb_target_group.api[0].deregistration_delay) <= tonumber(one([for e in jsondecode(aws_ecs_task_definition.this["api"].container_definitions)[0].environment : e.value if e.name == "FUALAB_SHUTDOWN_DELAY_SECONDS"]))
    error_message = "requests are sent to a task that serves no more"
  }

  assert {
    condition     = aws_lb_target_group.api[0].health_check[0].path == "/health"
    error_message = "a database that fails over has every task of the API replaced"
  }

  assert {
    condition     = aws_lb.this[0].idle_timeout < 120
    error_message = "the load balancer sends requests into connections that the API closes"
  }

  assert {
    condition     = length(aws_ecs_service.api[0].load_balancer) == 1
    error_message = "the target group is not the API"
  }
}

run "alb_with_certificate" {
  command = plan

  variables {
    ingress         = "alb"
    certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/1"
    api_domain      = "api.example.com"
  }

  assert {
    condition     = aws_lb_listener.http[0].default_action[0].type == "redirect" && aws_lb_listener.https[0].port == 443
    error_message = "port 80 does more than redirect"
  }

  assert {
    condition     = output.url == "https://api.example.com"
    error_message = "the address is the certificate's name"
  }
}

run "redis_sidecar" {
  command = plan

  assert {
    condition     = [for c in jsondecode(aws_ecs_task_definition.this["worker"].container_definitions) : c.name] == ["worker", "redis"] && [for c in jsondecode(aws_ecs_task_definition.this["api"].container_definitions) : c.name] == ["api"]
    error_message = "Valkey stands beside the worker"
  }

  assert {
    condition     = one([for e in jsondecode(aws_ecs_task_definition.this["worker"].container_definitions)[0].environment : e.value if e.name == "FUALAB_REDIS_URL"]) == "redis://localhost:6379/0" && one([for e in jsondecode(aws_ecs_task_definition.this["api"].container_definitions)[0].environment : e.value if e.name == "FUALAB_REDIS_URL"]) == "redis://redis.fualab-dev.internal:6379/0"
    error_message = "API and worker do not meet in one Redis"
  }

  assert {
    condition     = !jsondecode(aws_ecs_task_definition.this["worker"].container_definitions)[1].essential
    error_message = "the worker dies with its Redis"
  }
}

run "redis_elasticache" {
  command = plan

  variables {
    redis = "elasticache"
  }

  assert {
    condition     = aws_elasticache_serverless_cache.this[0].engine == "valkey" && join(" ", keys(aws_vpc_security_group_ingress_rule.redis)) == "api task worker"
    error_message = "Serverless Valkey for API, worker and commands"
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.redis_sidecar) == 0 && length(aws_service_discovery_private_dns_namespace.this) == 0
    error_message = "what the sidecar needed is still there"
  }
}

run "redis_external" {
  command = plan

  variables {
    redis     = "external"
    redis_url = "rediss://cache.example.com:6379/0"
  }

  assert {
    condition     = length(aws_ssm_parameter.redis_url) == 1 && local.secrets["FUALAB_REDIS_URL"] == ["api", "worker", "migrate"]
    error_message = "the URL is no secret of API, worker and commands"
  }
}

run "database_rds" {
  command = plan

  variables {
    database          = "rds"
    database_ca       = "-----BEGIN CERTIFICATE-----\nnot-a-real-one\n-----END CERTIFICATE-----\n"
    database_password = "not-a-real-one"
  }

  assert {
    condition     = one([for e in jsondecode(aws_ecs_task_definition.this["api"].container_definitions)[0].environment : startswith(e.value, "-----BEGIN") if e.name == "FUALAB_DATABASE_CA"])
    error_message = "the API does not know who signs for the database"
  }

  assert {
    condition     = local.secrets["FUALAB_MIGRATE_DATABASE_URL"] == ["migrate"] && contains(local.secrets["FUALAB_DATABASE_URL"], "worker")
    error_message = "a service reads the URL of the schema's owner"
  }

  assert {
    condition     = !aws_db_instance.this[0].publicly_accessible && aws_db_instance.this[0].storage_encrypted
    error_message = "the database is open, or in clear"
  }

  assert {
    condition     = join(" ", keys(aws_vpc_security_group_ingress_rule.database)) == "api task worker"
    error_message = "others reach the database"
  }

  assert {
    condition     = one([for p in aws_db_parameter_group.this[0].parameter : p.value if p.name == "rds.force_ssl"]) == "1"
    error_message = "plain text is let in"
  }
}

run "connections_of_ha" {
  command = plan

  variables {
    database           = "rds"
    database_class     = "db.t4g.small"
    database_ca        = "-----BEGIN CERTIFICATE-----\nnot-a-real-one\n-----END CERTIFICATE-----\n"
    database_password  = "not-a-real-one"
    redis              = "elasticache"
    enable_autoscaling = true
    max_count          = 6
    enable_alarms      = true
    alarm_email        = "ops@example.com"
  }

  assert {
    condition     = [for p in ["api", "worker"] : one([for e in jsondecode(aws_ecs_task_definition.this[p].container_definitions)[0].environment : e.value if e.name == "FUALAB_DATABASE_MAX_CONNS"])] == ["5", "5"]
    error_message = "6 tasks of each, twice during a rollout, ask for more connections than 160"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["database-connections"].threshold == 128
    error_message = "nobody is told that connections run out"
  }
}

run "one_secret_written_anew" {
  command = plan

  variables {
    redis            = "external"
    redis_url        = "rediss://cache.example.com:6379/0"
    secrets_versions = { redis_url = 2 }
  }

  assert {
    condition     = [aws_ssm_parameter.database_url.value_wo_version, aws_ssm_parameter.migrate_database_url.value_wo_version, aws_ssm_parameter.redis_url[0].value_wo_version, aws_ssm_parameter.smoke_token.value_wo_version] == [1, 1, 2, 1]
    error_message = "a new value for one secret resets another"
  }
}

run "frontend_cloudfront" {
  command = plan

  variables {
    frontend        = "cloudfront"
    ingress         = "alb"
    certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/1"
    api_domain      = "api.example.com"
  }

  assert {
    condition     = aws_s3_bucket_public_access_block.frontend[0].restrict_public_buckets && aws_cloudfront_origin_access_control.frontend[0].signing_behavior == "always"
    error_message = "the bucket is read past CloudFront"
  }

  assert {
    condition     = aws_cloudfront_distribution.this[0].ordered_cache_behavior[0].path_pattern == "/api/*" && aws_cloudfront_distribution.this[0].ordered_cache_behavior[0].target_origin_id == "api"
    error_message = "/api does not reach the API"
  }
}

run "worker_spot" {
  command = plan

  assert {
    condition     = one(aws_ecs_service.worker[0].capacity_provider_strategy).capacity_provider == "FARGATE_SPOT" && one(aws_ecs_service.api[0].capacity_provider_strategy).capacity_provider == "FARGATE"
    error_message = "the worker alone runs on Spot"
  }
}

run "worker_on_demand" {
  command = plan

  variables {
    worker_capacity = "FARGATE"
  }

  assert {
    condition     = one(aws_ecs_service.worker[0].capacity_provider_strategy).capacity_provider == "FARGATE"
    error_message = "the worker runs on Spot"
  }
}

run "repositories_existing" {
  command = plan

  variables {
    repositories = "existing"
  }

  assert {
    condition     = length(aws_ecr_repository.this) == 0
    error_message = "repositories are made twice"
  }
}

run "autoscaling" {
  command = plan

  variables {
    enable_autoscaling = true
    redis              = "elasticache"
    max_count          = 5
  }

  assert {
    condition     = alltrue([for s in ["api", "worker"] : aws_appautoscaling_target.this[s].min_capacity == 1 && aws_appautoscaling_target.this[s].max_capacity == 5])
    error_message = "both services scale"
  }

  assert {
    condition     = one(aws_appautoscaling_policy.cpu[*].resource_id) == "service/fualab-dev/api" && aws_appautoscaling_policy.cpu[0].target_tracking_scaling_policy_configuration[0].predefined_metric_specification[0].predefined_metric_type == "ECSServiceAverageCPUUtilization"
    error_message = "the API follows its CPU"
  }

  assert {
    condition     = one(aws_appautoscaling_policy.queue_age[*].resource_id) == "service/fualab-dev/worker" && one([for m in aws_appautoscaling_policy.queue_age[0].target_tracking_scaling_policy_configuration[0].customized_metric_specification : "${m.namespace} ${m.metric_name} ${join(" ", sort([for d in m.dimensions : "${d.name}=${d.value}"]))}"]) == "FUALab QueueAgeSeconds Environment=dev Service=worker"
    error_message = "the worker follows the age of its queue"
  }
}

run "off_hours" {
  command = plan

  variables {
    schedule_off_hours = { stop = "cron(0 20 ? * * *)", start = "cron(0 8 ? * MON-FRI *)" }
  }

  assert {
    condition     = length(aws_appautoscaling_scheduled_action.off_hours) == 4 && aws_appautoscaling_scheduled_action.off_hours["api-stop"].scalable_target_action[0].max_capacity == "0" && aws_appautoscaling_scheduled_action.off_hours["api-start"].scalable_target_action[0].min_capacity == "1"
    error_message = "the services do not stop and start"
  }

  assert {
    condition     = length(aws_appautoscaling_policy.cpu) == 0 && length(aws_appautoscaling_policy.queue_age) == 0
    error_message = "autoscaling was not asked for"
  }
}

run "alarms" {
  command = plan

  variables {
    enable_alarms = true
    alarm_email   = "ops@example.com"
  }

  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.this)) == toset(["runs-failing", "api-memory", "worker-memory", "api-down", "worker-down"])
    error_message = "alarms are missing"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.worker-heartbeat[0].treat_missing_data == "breaching" && aws_cloudwatch_metric_alarm.task-items-expire[0].treat_missing_data == "breaching"
    error_message = "a dead worker is no alarm"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.api-errors-fast[0].treat_missing_data == "notBreaching" && length(aws_cloudwatch_metric_alarm.api-errors-fast[0].metric_query) == 3
    error_message = "an API that nobody asks is an alarm"
  }

  assert {
    condition     = length(aws_cloudwatch_event_rule.deployment_failed) == 1 && [for s in aws_sns_topic_subscription.alarms : s.endpoint] == ["ops@example.com", "ops@example.com"]
    error_message = "nobody is told of a failed deployment"
  }

  assert {
    condition     = [for s in data.aws_iam_policy_document.alarms["page"].statement : length(s.condition) if contains(flatten([for p in s.principals : tolist(p.identifiers)]), "events.amazonaws.com")] == [0]
    error_message = "EventBridge takes no condition in a topic's policy, and drops the message"
  }

  assert {
    condition     = [for a in [aws_cloudwatch_metric_alarm.this["runs-failing"]] : "more than ${a.threshold} in ${a.period * a.evaluation_periods / 60} minutes"] == ["more than 5 in 5 minutes"]
    error_message = "runs-failing does not ring when it says"
  }
}

run "alarms_that_wake" {
  command = plan

  variables {
    enable_alarms = true
    alarm_email   = "ops@example.com"
    page_webhook  = "https://pager.example.com/key"
    github        = { owner = "fualab", owner_id = 1, repo = "fualab", repo_id = 2 }
  }

  assert {
    condition     = nonsensitive(aws_sns_topic_subscription.pager[0].endpoint) == "https://pager.example.com/key" && aws_sns_topic_subscription.pager[0].protocol == "https"
    error_message = "nobody is paged"
  }

  assert {
    condition     = strcontains(aws_cloudwatch_metric_alarm.worker-heartbeat[0].alarm_description, ": https://github.com/fualab/fualab/blob/main/ops/runbooks/worker-heartbeat.md") && strcontains(aws_cloudwatch_metric_alarm.this["api-down"].alarm_description, ": https://github.com/fualab/fualab/blob/main/ops/runbooks/api-down.md")
    error_message = "an alarm does not link to its runbook"
  }

  assert {
    condition     = length(aws_cloudwatch_dashboard.this) == 1
    error_message = "there is no dashboard"
  }
}

run "alarms_of_each_part" {
  command = plan

  variables {
    enable_alarms     = true
    ingress           = "alb"
    database          = "rds"
    database_ca       = "-----BEGIN CERTIFICATE-----\nnot-a-real-one\n-----END CERTIFICATE-----\n"
    database_password = "not-a-real-one"
    alarm_email       = "ops@example.com"
  }

  assert {
    condition     = contains(keys(aws_cloudwatch_metric_alarm.this), "database-storage")
    error_message = "the database has no alarm"
  }
}

run "alarms_of_a_stack_that_sleeps" {
  command = plan

  variables {
    enable_alarms      = true
    alarm_email        = "ops@example.com"
    schedule_off_hours = { stop = "cron(0 20 ? * * *)", start = "cron(0 8 ? * MON-FRI *)" }
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.worker-heartbeat[0].treat_missing_data == "missing" && aws_cloudwatch_metric_alarm.this["worker-down"].treat_missing_data == "missing"
    error_message = "the night is an alarm"
  }
}

run "budget" {
  command = plan

  variables {
    monthly_budget_usd = 40
    alarm_email        = "ops@example.com"
  }

  assert {
    condition     = aws_budgets_budget.this[0].limit_amount == "40" && length(aws_budgets_budget.this[0].notification) == 2
    error_message = "no budget"
  }
}

run "vpc_given" {
  command = plan

  variables {
    vpc = { id = "vpc-1", subnet_ids = ["subnet-1", "subnet-2"] }
  }

  assert {
    condition     = length(aws_vpc.this) == 0 && toset(aws_ecs_service.api[0].network_configuration[0].subnets) == toset(["subnet-1", "subnet-2"])
    error_message = "the given network is not used"
  }
}

run "github_oidc" {
  command = plan

  variables {
    enable_github_oidc = true
    github             = { owner = "fualab", owner_id = 1, repo = "fualab", repo_id = 2 }
  }

  assert {
    condition     = join(" ", local.github_subjects) == "repo:fualab/fualab:environment:dev repo:fualab@1/fualab@2:environment:dev"
    error_message = "the subjects are not exact"
  }

  assert {
    condition     = toset(flatten([for s in data.aws_iam_policy_document.github_trust[0].statement : [for c in s.condition : c.test]])) == toset(["StringEquals"])
    error_message = "a pattern is trusted"
  }
}
