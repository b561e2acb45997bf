resource "aws_ecs_cluster" "this" {
  name = local.name

  #tfsec:ignore:aws-ecs-enable-container-insight Its metrics cost more than the tasks; alarms here need none of them.
  setting {
    name  = "containerInsights"
    value = "disabled"
  }
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]
}

locals {
  redis_host = "redis.${local.name}.internal"
  redis_urls = {
    sidecar     = { api = "redis://${local.redis_host}:6379/0", worker = "redis://localhost:6379/0", migrate = "redis://${local.redis_host}:6379/0" }
    elasticache = { for s in ["api", "worker", "migrate"] : s => format("rediss://%s:6379/0?cluster=true", try(aws_elasticache_serverless_cache.this[0].endpoint[0].address, "")) }
    external    = {} # a secret
  }
  redis_url = { for s in ["api", "worker", "migrate"] : s => { for service, url in local.redis_urls[var.redis] : "FUALAB_REDIS_URL" => url if service == s } }

  # The programs' production refuses plain text, which only the sidecar has; that is not for prod.
  common = {
    FUALAB_ENV             = var.redis == "sidecar" ? "development" : "production"
    FUALAB_AUTH            = "on"
    FUALAB_EMF_ENVIRONMENT = var.environment
  }
  # Go collects earlier instead of being killed: beside the sidecar, which takes up to 128 MiB, and the runtime's own.
  go_memory = { for program in ["api", "worker", "migrate"] : program => "${floor((var.memory - (program == "worker" && var.redis == "sidecar" ? 128 : 0)) * 4 / 5)}MiB" }

  variables = {
    api = merge(local.common, local.database_ca, {
      GOMEMLIMIT                      = local.go_memory.api
      FUALAB_RATE_LIMIT               = tostring(var.rate_limit)
      FUALAB_MIGRATE_ON_START         = "false"
      FUALAB_SHUTDOWN_DELAY_SECONDS   = tostring(local.shutdown_delay)
      FUALAB_SHUTDOWN_TIMEOUT_SECONDS = tostring(local.shutdown_timeout)
      # Only the proxies before the tasks are trusted; only the security groups let them in. A task at an address of its
      # own is reached directly.
    }, var.ingress == "public_ip" ? {} : { FUALAB_TRUSTED_PROXIES = local.trusted_proxies }, local.redis_url.api, local.pool, var.settings.api)
    # A worker gets no requests: it stops at once, and gives its runs 100 s of Fargate's 120.
    worker = merge(local.database_ca, local.redis_url.worker, {
      GOMEMLIMIT                      = local.go_memory.worker
      FUALAB_ENV                      = local.common.FUALAB_ENV
      FUALAB_EMF_ENVIRONMENT          = var.environment
      FUALAB_SHUTDOWN_TIMEOUT_SECONDS = "100"
    }, local.pool, var.settings.worker)
    # It also runs an operator's commands, and doctor looks at all that the API uses.
    migrate = merge(local.common, local.database_ca, local.redis_url.migrate, { GOMEMLIMIT = local.go_memory.migrate }, var.settings.api)
  }
  # A process asks for so many connections that RDS has enough for twice the most tasks, which a rollout may run. Each API
  # has two more than its pool. RDS allows memory / 9,531,392 connections, 80 a GiB; 6 are for one-off tasks and people.
  database_memory      = { "db.t4g.micro" = 1, "db.t4g.small" = 2, "db.t4g.medium" = 4, "db.t4g.large" = 8 }
  database_connections = var.database == "rds" ? 80 * lookup(local.database_memory, var.database_class, 8) : 0
  pool_size            = floor((local.database_connections - 6 - 2 * 2 * local.services.api.most) / (2 * (local.services.api.most + local.services.worker.most)))
  pool                 = var.database == "rds" ? { FUALAB_DATABASE_MAX_CONNS = tostring(min(8, local.pool_size)) } : {}

  database_ca = var.database_ca == null ? {} : { FUALAB_DATABASE_CA = var.database_ca }

  # The attributes of each container alone.
  containers = {
    api = {
      command      = []
      portMappings = [{ name = "http", containerPort = 8000, hostPort = 8000, protocol = "tcp" }]
      healthCheck  = { command = ["CMD", "/usr/local/bin/fualab-api", "healthcheck"], interval = 10, timeout = 3, retries = 3, startPeriod = 60 }
      stopTimeout  = 60 # more than the delay and the timeout together
    }
    worker = {
      command      = []
      portMappings = []
      healthCheck  = { command = ["CMD", "/usr/local/bin/fualab-worker", "healthcheck"], interval = 10, timeout = 3, retries = 3, startPeriod = 60 }
      stopTimeout  = 120 # Fargate's most, and the notice that Spot gives
    }
    migrate = {
      command      = ["migrate", "up"]
      portMappings = []
      healthCheck  = null # it ends
      stopTimeout  = 120
    }
  }

  # The attributes of all containers. Null ones are left out: ECS would not store them, and each plan would add them.
  definitions = { for program, image in local.images : program => { for k, v in merge(local.containers[program], {
    name                   = program
    image                  = image
    essential              = true
    readonlyRootFilesystem = true
    user                   = "65532:65532"
    environment            = [for name in sort(keys(local.variables[program])) : { name = name, value = local.variables[program][name] }]
    secrets                = [for name, readers in local.secrets : { name = name, valueFrom = local.secret_arns[name] } if contains(readers, program)]
    mountPoints            = []
    volumesFrom            = []
    systemControls         = []
    linuxParameters        = { initProcessEnabled = true, capabilities = { add = [], drop = ["ALL"] } }
    logConfiguration       = local.logging[program]
  }) : k => v if v != null } }

  logging = { for program, group in local.log_groups : program => {
    logDriver = "awslogs"
    options = {
      awslogs-group         = group
      awslogs-region        = var.region
      awslogs-stream-prefix = program
      mode                  = "non-blocking" # a slow CloudWatch holds up no request
      max-buffer-size       = "4m"
    }
  } }

  # Redis is never the truth: it keeps nothing on disk, and goes with the worker's task.
  sidecar = {
    name                   = "redis"
    image                  = var.redis_image
    essential              = false
    readonlyRootFilesystem = true
    user                   = "999:1000"
    command                = ["valkey-server", "--save", "", "--appendonly", "no", "--maxmemory", "96mb", "--maxmemory-policy", "volatile-lru", "--protected-mode", "no"]
    portMappings           = [{ name = "redis", containerPort = 6379, hostPort = 6379, protocol = "tcp" }]
    environment            = []
    mountPoints            = []
    volumesFrom            = []
    systemControls         = []
    linuxParameters        = { initProcessEnabled = true, capabilities = { add = [], drop = ["ALL"] } }
    restartPolicy          = { enabled = true, restartAttemptPeriod = 60 }
    logConfiguration       = local.logging["worker"]
  }
}

resource "aws_ecs_task_definition" "this" {
  for_each = local.definitions

  family                   = "${local.name}-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory
  execution_role_arn       = aws_iam_role.execution[each.key].arn
  task_role_arn            = aws_iam_role.task[each.key].arn
  container_definitions    = jsonencode(concat([each.value], each.key == "worker" && var.redis == "sidecar" ? [local.sidecar] : []))

  runtime_platform {
    cpu_architecture        = "ARM64" # a fifth cheaper
    operating_system_family = "LINUX"
  }

  lifecycle {
    create_before_destroy = true # ECS may roll back to the old one until the service has left it
  }
}

# A service appears with the first release. How many tasks it has afterwards is for autoscaling, the night and an
# operator to say; deploy brings it back between the least and the most.
resource "aws_ecs_service" "api" {
  count = contains(keys(local.images), "api") ? 1 : 0

  name                               = "api"
  cluster                            = aws_ecs_cluster.this.arn
  task_definition                    = aws_ecs_task_definition.this["api"].arn
  desired_count                      = var.api_count
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = var.ingress == "alb" ? 60 : null
  wait_for_steady_state              = true # and fail when ECS rolls back
  propagate_tags                     = "SERVICE"

  capacity_provider_strategy {
    capacity_provider = "FARGATE"
    weight            = 1
  }

  network_configuration {
    subnets          = local.subnet_ids
    security_groups  = [aws_security_group.this["api"].id]
    assign_public_ip = true
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  dynamic "load_balancer" {
    for_each = aws_lb_target_group.api
    content {
      target_group_arn = load_balancer.value.arn
      container_name   = "api"
      container_port   = 8000
    }
  }

  dynamic "service_registries" {
    for_each = aws_service_discovery_service.api
    content {
      registry_arn   = service_registries.value.arn
      container_name = "api"
      container_port = 8000
    }
  }

  timeouts {
    create = "20m"
    update = "20m"
  }

  lifecycle {
    ignore_changes = [desired_count]
  }

  depends_on = [aws_ecs_cluster_capacity_providers.this, aws_iam_role_policy.execution, aws_cloudwatch_log_group.this, aws_ssm_parameter.database_url, aws_ssm_parameter.migrate_database_url, aws_ssm_parameter.redis_url, aws_lb_listener.http, aws_lb_listener.https]
}

# Old and new worker run side by side: each due time is claimed once.
resource "aws_ecs_service" "worker" {
  count = contains(keys(local.images), "worker") ? 1 : 0

  name                               = "worker"
  cluster                            = aws_ecs_cluster.this.arn
  task_definition                    = aws_ecs_task_definition.this["worker"].arn
  desired_count                      = var.worker_count
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  wait_for_steady_state              = true
  propagate_tags                     = "SERVICE"

  capacity_provider_strategy {
    capacity_provider = var.worker_capacity
    weight            = 1
  }

  network_configuration {
    subnets          = local.subnet_ids
    security_groups  = [aws_security_group.this["worker"].id]
    assign_public_ip = true
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  dynamic "service_registries" {
    for_each = aws_service_discovery_service.redis
    content {
      registry_arn = service_registries.value.arn
    }
  }

  timeouts {
    create = "20m"
    update = "20m"
  }

  lifecycle {
    ignore_changes = [desired_count]
  }

  depends_on = [aws_ecs_cluster_capacity_providers.this, aws_iam_role_policy.execution, aws_cloudwatch_log_group.this, aws_ssm_parameter.database_url, aws_ssm_parameter.migrate_database_url, aws_ssm_parameter.redis_url]
}
