resource "aws_db_subnet_group" "this" {
  count = var.database == "rds" ? 1 : 0

  name       = local.name
  subnet_ids = local.subnet_ids
}

resource "aws_db_parameter_group" "this" {
  count = var.database == "rds" ? 1 : 0

  name   = local.name
  family = "postgres17"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }
}

#tfsec:ignore:aws-rds-enable-iam-auth The programs have a password; a token of 15 minutes is nothing for a pool.
#tfsec:ignore:aws-rds-enable-performance-insights The programs log each slow query.
resource "aws_db_instance" "this" {
  count = var.database == "rds" ? 1 : 0

  identifier     = local.name
  engine         = "postgres"
  engine_version = "17"
  instance_class = var.database_class
  multi_az       = var.database_multi_az

  db_name             = "fualab"
  username            = "fualab"
  password_wo         = var.database_password # AWS makes no database without one
  password_wo_version = var.secrets_versions.migrate_database_url

  allocated_storage     = 20
  max_allocated_storage = 100
  storage_type          = "gp3"
  storage_encrypted     = true

  db_subnet_group_name   = aws_db_subnet_group.this[0].name
  parameter_group_name   = aws_db_parameter_group.this[0].name
  vpc_security_group_ids = [aws_security_group.this["database"].id]
  publicly_accessible    = false

  backup_retention_period    = var.environment == "prod" ? 7 : 1
  deletion_protection        = var.environment == "prod"
  skip_final_snapshot        = var.environment != "prod"
  final_snapshot_identifier  = var.environment == "prod" ? "${local.name}-final" : null
  auto_minor_version_upgrade = true
  copy_tags_to_snapshot      = true
}
