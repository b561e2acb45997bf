# Names within the VPC: the Valkey beside the worker (A), and the API for API Gateway (SRV).

resource "aws_service_discovery_private_dns_namespace" "this" {
  count = var.redis == "sidecar" || var.ingress == "api_gateway" ? 1 : 0

  name        = "${local.name}.internal"
  description = "Tasks of ${local.name}"
  vpc         = local.vpc_id
}

resource "aws_service_discovery_service" "redis" {
  count = var.redis == "sidecar" ? 1 : 0

  name = "redis"

  dns_config {
    namespace_id = aws_service_discovery_private_dns_namespace.this[0].id

    dns_records {
      type = "A"
      ttl  = 10
    }
  }

  # Deprecated, and always 1 on AWS; an empty block would replace the record with each apply.
  health_check_custom_config {
    failure_threshold = 1
  }
}

# Without the custom health check API Gateway sends requests to tasks that still start.
resource "aws_service_discovery_service" "api" {
  count = var.ingress == "api_gateway" ? 1 : 0

  name = "api"

  dns_config {
    namespace_id = aws_service_discovery_private_dns_namespace.this[0].id

    dns_records {
      type = "SRV"
      ttl  = 10
    }
  }

  health_check_custom_config {
    failure_threshold = 1
  }
}
