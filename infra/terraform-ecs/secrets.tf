# Write-only: the values are in SSM alone. A value that was not given is "unset", and the task that reads it says so.

locals {
  # The services' role reads and writes rows; migrations, as the owner of the schema, make it.
  database_url = var.database == "external" ? var.database_url : (
    var.service_password == null ? null :
    "postgresql://fualab_service:${urlencode(var.service_password)}@${aws_db_instance.this[0].endpoint}/fualab?sslmode=verify-full"
  )
  migrate_database_url = var.database == "external" ? var.migrate_database_url : (
    var.database_password == null ? null :
    "postgresql://fualab:${urlencode(var.database_password)}@${aws_db_instance.this[0].endpoint}/fualab?sslmode=verify-full"
  )

  # The programs that read each secret.
  secrets = merge(
    { FUALAB_DATABASE_URL = ["api", "worker", "migrate"], FUALAB_MIGRATE_DATABASE_URL = ["migrate"] },
    var.redis == "external" ? { FUALAB_REDIS_URL = ["api", "worker", "migrate"] } : {},
  )
}

resource "aws_ssm_parameter" "database_url" {
  name             = "/fualab/${var.environment}/FUALAB_DATABASE_URL"
  description      = "The database's URL, by the role of the services"
  type             = "SecureString"
  value_wo         = local.database_url == null ? "unset" : local.database_url
  value_wo_version = var.secrets_versions.database_url
}

resource "aws_ssm_parameter" "migrate_database_url" {
  name             = "/fualab/${var.environment}/FUALAB_MIGRATE_DATABASE_URL"
  description      = "The database's URL, by the owner of the schema"
  type             = "SecureString"
  value_wo         = local.migrate_database_url == null ? "unset" : local.migrate_database_url
  value_wo_version = var.secrets_versions.migrate_database_url
}

resource "aws_ssm_parameter" "redis_url" {
  count = var.redis == "external" ? 1 : 0

  name             = "/fualab/${var.environment}/FUALAB_REDIS_URL"
  description      = "Redis' URL"
  type             = "SecureString"
  value_wo         = var.redis_url == null ? "unset" : var.redis_url
  value_wo_version = var.secrets_versions.redis_url
}

# Read by deploy, by no task.
resource "aws_ssm_parameter" "smoke_token" {
  name             = "/fualab/${var.environment}/smoke-token"
  description      = "Token of the smoke test"
  type             = "SecureString"
  value_wo         = var.smoke_token == null ? "unset" : var.smoke_token
  value_wo_version = var.secrets_versions.smoke_token
}

locals {
  # Spelt out, not read off the resources: so a plan shows each program's secrets before any resource exists.
  secret_arns = { for secret in keys(local.secrets) : secret => "${local.arn}:ssm:${var.region}:${local.account}:parameter/fualab/${var.environment}/${secret}" }
}
