# Serverless: TLS, the cluster protocol, and a price that begins at 100 MB. The groups alone let in API and worker.
resource "aws_elasticache_serverless_cache" "this" {
  count = var.redis == "elasticache" ? 1 : 0

  engine               = "valkey"
  name                 = local.name
  major_engine_version = "8"
  security_group_ids   = [aws_security_group.this["redis"].id]
  subnet_ids           = local.subnet_ids

  cache_usage_limits {
    data_storage {
      maximum = 1
      unit    = "GB"
    }
    ecpu_per_second {
      maximum = 5000
    }
  }
}
