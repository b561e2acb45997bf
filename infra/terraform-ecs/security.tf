# One group a part. Every rule names its traffic; a rule to another group follows its tasks wherever they are.

locals {
  groups = merge(
    {
      api    = "the API's tasks"
      worker = "the worker's tasks"
      task   = "one-off tasks: migrations, and commands"
    },
    var.ingress == "alb" ? { alb = "the load balancer" } : {},
    var.ingress == "api_gateway" ? { gateway = "API Gateway's way in" } : {},
    var.redis == "elasticache" ? { redis = "ElastiCache" } : {},
    var.database == "rds" ? { database = "RDS" } : {},
  )

  public_ports = var.certificate_arn == null ? [80] : [80, 443]
  balanced     = var.ingress == "public_ip" ? [] : [var.ingress == "alb" ? "alb" : "gateway"]
}

resource "aws_security_group" "this" {
  for_each = local.groups

  name        = "${local.name}-${each.key}"
  description = each.value
  vpc_id      = local.vpc_id
  tags        = { Name = "${local.name}-${each.key}" }
}

# The API

#tfsec:ignore:aws-ec2-no-public-ingress-sgr public_ip exists for access to the API; api_allowed_cidrs narrows it.
resource "aws_vpc_security_group_ingress_rule" "api_public" {
  for_each = var.ingress == "public_ip" ? toset(var.api_allowed_cidrs) : toset([])

  security_group_id = aws_security_group.this["api"].id
  description       = "API"
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 8000
  to_port           = 8000
}

resource "aws_vpc_security_group_ingress_rule" "api_balanced" {
  for_each = toset(local.balanced)

  security_group_id            = aws_security_group.this["api"].id
  description                  = "API, from ${each.key}"
  referenced_security_group_id = aws_security_group.this[each.key].id
  ip_protocol                  = "tcp"
  from_port                    = 8000
  to_port                      = 8000
}

resource "aws_vpc_security_group_egress_rule" "balanced_api" {
  for_each = toset(local.balanced)

  security_group_id            = aws_security_group.this[each.key].id
  description                  = "API"
  referenced_security_group_id = aws_security_group.this["api"].id
  ip_protocol                  = "tcp"
  from_port                    = 8000
  to_port                      = 8000
}

#tfsec:ignore:aws-ec2-no-public-ingress-sgr A load balancer is there to be reached; api_allowed_cidrs narrows it.
resource "aws_vpc_security_group_ingress_rule" "alb" {
  for_each = var.ingress == "alb" ? { for pair in setproduct(var.api_allowed_cidrs, local.public_ports) : "${pair[0]}-${pair[1]}" => pair } : {}

  security_group_id = aws_security_group.this["alb"].id
  description       = "HTTP or HTTPS"
  cidr_ipv4         = each.value[0]
  ip_protocol       = "tcp"
  from_port         = each.value[1]
  to_port           = each.value[1]
}

# Tasks go out to ECR, SSM, CloudWatch, and to databases at addresses and ports that only a secret knows.

#tfsec:ignore:aws-ec2-no-public-egress-sgr See above.
resource "aws_vpc_security_group_egress_rule" "tasks" {
  for_each = toset(["api", "worker", "task"])

  security_group_id = aws_security_group.this[each.key].id
  description       = "ECR, SSM, logs, the database and Redis"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

# Redis and the database

resource "aws_vpc_security_group_ingress_rule" "redis_sidecar" {
  for_each = var.redis == "sidecar" ? toset(["api", "task"]) : toset([])

  security_group_id            = aws_security_group.this["worker"].id
  description                  = "Valkey beside the worker, from ${each.key}"
  referenced_security_group_id = aws_security_group.this[each.key].id
  ip_protocol                  = "tcp"
  from_port                    = 6379
  to_port                      = 6379
}

resource "aws_vpc_security_group_ingress_rule" "redis" {
  for_each = var.redis == "elasticache" ? toset(["api", "worker", "task"]) : toset([])

  security_group_id            = aws_security_group.this["redis"].id
  description                  = "Valkey, from ${each.key}"
  referenced_security_group_id = aws_security_group.this[each.key].id
  ip_protocol                  = "tcp"
  from_port                    = 6379
  to_port                      = 6380 # 6380 reads from replicas
}

resource "aws_vpc_security_group_ingress_rule" "database" {
  for_each = var.database == "rds" ? toset(["api", "worker", "task"]) : toset([])

  security_group_id            = aws_security_group.this["database"].id
  description                  = "Postgres, from ${each.key}"
  referenced_security_group_id = aws_security_group.this[each.key].id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}
