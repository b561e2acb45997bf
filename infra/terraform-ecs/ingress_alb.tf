# Streams, at a fixed price.

#tfsec:ignore:aws-elb-alb-not-public It is the way in.
resource "aws_lb" "this" {
  count = var.ingress == "alb" ? 1 : 0

  name                       = local.name
  load_balancer_type         = "application"
  security_groups            = [aws_security_group.this["alb"].id]
  subnets                    = local.subnet_ids
  drop_invalid_header_fields = true
  idle_timeout               = 60 # shorter than the API's, or it meets closed connections; events are pinged more often
}

resource "aws_lb_target_group" "api" {
  count = var.ingress == "alb" ? 1 : 0

  name                 = "${local.name}-api"
  target_type          = "ip"
  port                 = 8000
  protocol             = "HTTP"
  vpc_id               = local.vpc_id
  deregistration_delay = local.shutdown_delay

  # Whether the process answers. /ready would be 503 while a database fails over, and ECS would replace every task.
  health_check {
    path                = "/health"
    interval            = 10
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

#tfsec:ignore:aws-elb-http-not-used Without a certificate, which prod demands, there is nothing but HTTP.
resource "aws_lb_listener" "http" {
  count = var.ingress == "alb" ? 1 : 0

  load_balancer_arn = aws_lb.this[0].arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type             = var.certificate_arn == null ? "forward" : "redirect"
    target_group_arn = var.certificate_arn == null ? aws_lb_target_group.api[0].arn : null

    dynamic "redirect" {
      for_each = var.certificate_arn == null ? [] : [443]
      content {
        port        = redirect.value
        protocol    = "HTTPS"
        status_code = "HTTP_301"
      }
    }
  }
}

resource "aws_lb_listener" "https" {
  count = var.ingress == "alb" && var.certificate_arn != null ? 1 : 0

  load_balancer_arn = aws_lb.this[0].arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.api[0].arn
  }
}
