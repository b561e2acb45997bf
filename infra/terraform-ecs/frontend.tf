# The web client: files in S3 that only CloudFront reads, and /api from the ingress. One origin, so no CORS.

locals {
  cloudfront = var.frontend == "cloudfront" ? 1 : 0
  # Where /api comes from: a name, and whether it speaks HTTPS.
  api_origin = {
    public_ip   = { name = "", https = false }
    api_gateway = { name = replace(one(aws_apigatewayv2_api.this[*].api_endpoint) == null ? "" : aws_apigatewayv2_api.this[0].api_endpoint, "https://", ""), https = true }
    alb         = { name = var.api_domain != null ? var.api_domain : one(aws_lb.this[*].dns_name), https = var.certificate_arn != null }
  }[var.ingress]
}

#tfsec:ignore:aws-s3-enable-bucket-logging Public files; CloudFront alone reads them.
#tfsec:ignore:aws-s3-enable-versioning The files are built from a commit, and can be again.
resource "aws_s3_bucket" "frontend" {
  count = local.cloudfront

  bucket        = "${local.name}-frontend-${local.account}"
  force_destroy = true
}

resource "aws_s3_bucket_public_access_block" "frontend" {
  count = local.cloudfront

  bucket                  = aws_s3_bucket.frontend[0].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

#tfsec:ignore:aws-s3-encryption-customer-key Public files.
resource "aws_s3_bucket_server_side_encryption_configuration" "frontend" {
  count = local.cloudfront

  bucket = aws_s3_bucket.frontend[0].id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

data "aws_iam_policy_document" "frontend" {
  count = local.cloudfront

  statement {
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.frontend[0].arn}/*"]

    principals {
      type        = "Service"
      identifiers = ["cloudfront.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "AWS:SourceArn"
      values   = [aws_cloudfront_distribution.this[0].arn]
    }
  }
}

resource "aws_s3_bucket_policy" "frontend" {
  count = local.cloudfront

  bucket = aws_s3_bucket.frontend[0].id
  policy = data.aws_iam_policy_document.frontend[0].json
}

resource "aws_cloudfront_origin_access_control" "frontend" {
  count = local.cloudfront

  name                              = local.name
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

# A path without a file's ending is a page of the client.
resource "aws_cloudfront_function" "pages" {
  count = local.cloudfront

  name    = "${local.name}-pages"
  runtime = "cloudfront-js-2.0"
  comment = "Pages of the web client are one file"
  publish = true
  code    = <<-JS
    function handler(event) {
      var request = event.request;
      if (!/\.[a-z0-9]+$/i.test(request.uri)) request.uri = '/index.html';
      return request;
    }
  JS
}

# As frontend/Caddyfile has it.
resource "aws_cloudfront_response_headers_policy" "this" {
  count = local.cloudfront

  name = local.name

  security_headers_config {
    content_security_policy {
      content_security_policy = "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
      override                = true
    }
    content_type_options {
      override = true
    }
    referrer_policy {
      referrer_policy = "no-referrer"
      override        = true
    }
    strict_transport_security {
      access_control_max_age_sec = 31536000
      override                   = true
    }
  }

  custom_headers_config {
    items {
      header   = "Cross-Origin-Opener-Policy"
      value    = "same-origin"
      override = true
    }
    items {
      header   = "Permissions-Policy"
      value    = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
      override = true
    }
  }
}

locals {
  # AWS' own policies, by their ids.
  caching_optimized         = "658327ea-f89d-4fab-a63d-7e88639e58f6"
  caching_disabled          = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
  all_viewer_but_host       = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
  cloudfront_origin_timeout = 30 # events are pinged more often
}

#tfsec:ignore:aws-cloudfront-enable-logging The API logs each request that is not a file.
#tfsec:ignore:aws-cloudfront-enable-waf It costs 5.00 a month and more; the API limits and authenticates by itself.
#tfsec:ignore:aws-cloudfront-use-secure-tls-policy CloudFront's own certificate allows no other policy.
resource "aws_cloudfront_distribution" "this" {
  count = local.cloudfront

  comment             = local.name
  enabled             = true
  is_ipv6_enabled     = true
  http_version        = "http2and3"
  price_class         = "PriceClass_100"
  default_root_object = "index.html"

  origin {
    origin_id                = "files"
    domain_name              = aws_s3_bucket.frontend[0].bucket_regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.frontend[0].id
  }

  origin {
    origin_id   = "api"
    domain_name = local.api_origin.name

    custom_origin_config {
      http_port              = 80
      https_port             = 443
      origin_protocol_policy = local.api_origin.https ? "https-only" : "http-only"
      origin_ssl_protocols   = ["TLSv1.2"]
      origin_read_timeout    = local.cloudfront_origin_timeout
    }
  }

  default_cache_behavior {
    target_origin_id           = "files"
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = local.caching_optimized
    response_headers_policy_id = aws_cloudfront_response_headers_policy.this[0].id

    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.pages[0].arn
    }
  }

  dynamic "ordered_cache_behavior" {
    for_each = ["/api/*", "/health", "/ready"]
    content {
      path_pattern             = ordered_cache_behavior.value
      target_origin_id         = "api"
      viewer_protocol_policy   = "https-only"
      allowed_methods          = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
      cached_methods           = ["GET", "HEAD"]
      compress                 = true
      cache_policy_id          = local.caching_disabled
      origin_request_policy_id = local.all_viewer_but_host
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = true
  }
}
