# HTTPS and a stable name, paid by the request. It buffers: no events, 30 s, 10 MB.

resource "aws_apigatewayv2_api" "this" {
  count = var.ingress == "api_gateway" ? 1 : 0

  name          = local.name
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_vpc_link" "this" {
  count = var.ingress == "api_gateway" ? 1 : 0

  name               = local.name
  subnet_ids         = local.subnet_ids
  security_group_ids = [aws_security_group.this["gateway"].id]
}

resource "aws_apigatewayv2_integration" "api" {
  count = var.ingress == "api_gateway" ? 1 : 0

  api_id               = aws_apigatewayv2_api.this[0].id
  integration_type     = "HTTP_PROXY"
  integration_method   = "ANY"
  integration_uri      = aws_service_discovery_service.api[0].arn
  connection_type      = "VPC_LINK"
  connection_id        = aws_apigatewayv2_vpc_link.this[0].id
  timeout_milliseconds = 30000
}

# The API itself authenticates callers: tokens are its own.
resource "aws_apigatewayv2_route" "default" {
  count = var.ingress == "api_gateway" ? 1 : 0

  api_id             = aws_apigatewayv2_api.this[0].id
  route_key          = "$default"
  authorization_type = "NONE"
  target             = "integrations/${aws_apigatewayv2_integration.api[0].id}"
}

#tfsec:ignore:aws-api-gateway-enable-access-logging The API logs each request, with more than API Gateway knows.
resource "aws_apigatewayv2_stage" "default" {
  count = var.ingress == "api_gateway" ? 1 : 0

  api_id      = aws_apigatewayv2_api.this[0].id
  name        = "$default"
  auto_deploy = true

  default_route_settings {
    throttling_burst_limit = 200
    throttling_rate_limit  = 100 # a second; requests beyond it cost nothing and get 429
  }
}
