data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}

locals {
  name    = "fualab-${var.environment}"
  account = data.aws_caller_identity.this.account_id
  arn     = "arn:${data.aws_partition.this.partition}"

  # Seconds in which a load balancer or API Gateway may still send requests to a stopping task; then for open requests.
  shutdown_delay   = 25
  shutdown_timeout = 20

  # Addresses of the made VPC, or the given one.
  vpc_id     = var.vpc == null ? one(aws_vpc.this[*].id) : var.vpc.id
  subnet_ids = var.vpc == null ? aws_subnet.public[*].id : var.vpc.subnet_ids

  # Where load balancer and API Gateway have their addresses.
  trusted_proxies = var.vpc == null ? var.vpc_cidr : data.aws_vpc.given[0].cidr_block
}
