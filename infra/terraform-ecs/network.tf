# Public subnets and no NAT: a NAT gateway costs more than all the tasks. The security groups decide about incoming
# traffic; every task has a public address because it has to reach ECR, SSM and an external database.

data "aws_availability_zones" "this" {
  count = var.vpc == null ? 1 : 0
  state = "available"

  # Here Fargate or API Gateway's VPC links are missing.
  exclude_zone_ids = ["apne1-az3", "cac1-az3", "cac1-az4", "euw3-az2", "use1-az3", "usw1-az2"]

  filter {
    name   = "opt-in-status" # no local zones
    values = ["opt-in-not-required"]
  }
}

locals {
  # By id: each account has the names of a region's zones in an order of its own.
  zone_ids = var.vpc != null ? [] : var.zone_ids != null ? var.zone_ids : slice(sort(data.aws_availability_zones.this[0].zone_ids), 0, 2)
}

data "aws_vpc" "given" {
  count = var.vpc == null ? 0 : 1
  id    = var.vpc.id
}

#tfsec:ignore:aws-ec2-require-vpc-flow-logs-for-all-vpcs They cost by the gigabyte, and nothing here reads them.
resource "aws_vpc" "this" {
  count = var.vpc == null ? 1 : 0

  cidr_block           = var.vpc_cidr
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = { Name = local.name }
}

resource "aws_default_security_group" "this" {
  count  = var.vpc == null ? 1 : 0
  vpc_id = aws_vpc.this[0].id # nothing is let in or out
}

resource "aws_internet_gateway" "this" {
  count  = var.vpc == null ? 1 : 0
  vpc_id = aws_vpc.this[0].id
  tags   = { Name = local.name }
}

resource "aws_subnet" "public" {
  count = var.vpc == null ? 2 : 0

  vpc_id               = aws_vpc.this[0].id
  availability_zone_id = local.zone_ids[count.index]
  cidr_block           = cidrsubnet(var.vpc_cidr, 4, count.index)
  tags                 = { Name = "${local.name}-public-${count.index}" }
}

resource "aws_route_table" "public" {
  count  = var.vpc == null ? 1 : 0
  vpc_id = aws_vpc.this[0].id
  tags   = { Name = "${local.name}-public" }
}

resource "aws_route" "internet" {
  count = var.vpc == null ? 1 : 0

  route_table_id         = aws_route_table.public[0].id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this[0].id
}

resource "aws_route_table_association" "public" {
  count = var.vpc == null ? 2 : 0

  subnet_id      = aws_subnet.public[count.index].id
  route_table_id = aws_route_table.public[0].id
}

# Free; image layers come from S3.
resource "aws_vpc_endpoint" "s3" {
  count = var.vpc == null ? 1 : 0

  vpc_id          = aws_vpc.this[0].id
  service_name    = "com.amazonaws.${var.region}.s3"
  route_table_ids = [aws_route_table.public[0].id]
}
