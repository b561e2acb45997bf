# Alarms on AWS's own metrics, and the address that all alarms notify. The alarms on the services' metrics are made of
# the declarations in ops/alerts: alarms.tf.json. Each names its runbook, and says how it treats missing data.

locals {
  # A page needs a person now, a ticket within a day.
  severities = var.enable_alarms ? toset(["page", "ticket"]) : toset([])
  # The address of the pages in ops/runbooks.
  runbooks = var.github == null ? "" : "https://github.com/${var.github.owner}/${var.github.repo}/blob/main/"

  alarms = var.enable_alarms ? merge(
    {
      runs-failing = {
        severity    = "ticket"
        description = "More than 5 failed runs in 5 minutes: ${local.runbooks}ops/runbooks/run-discarded.md"
        namespace   = "fualab/${var.environment}", metric = "FailedRuns", dimensions = {}
        statistic   = "Sum", comparison = "GreaterThanThreshold", threshold = 5, period = 300, periods = 1, missing = "notBreaching"
      }
    },
    { for s in ["api", "worker"] : "${s}-memory" => {
      severity    = "ticket"
      description = "The ${s}'s tasks use more than 90 % of their memory, and are killed at 100 %: ${local.runbooks}ops/runbooks/out-of-memory.md"
      namespace   = "AWS/ECS", metric = "MemoryUtilization", dimensions = { ClusterName = local.name, ServiceName = s }
      statistic   = "Maximum", comparison = "GreaterThanThreshold", threshold = 90, period = 60, periods = 5, missing = "notBreaching"
    } },
    { for s in ["api", "worker"] : "${s}-down" => {
      severity    = "page"
      description = "No task of the ${s} has reported for 3 minutes: ${local.runbooks}ops/runbooks/${s == "api" ? "api-down" : "worker-heartbeat"}.md"
      namespace   = "AWS/ECS", metric = "CPUUtilization", dimensions = { ClusterName = local.name, ServiceName = s }
      statistic   = "SampleCount", comparison = "LessThanThreshold", threshold = 1, period = 60, periods = 3, missing = var.schedule_off_hours == null ? "breaching" : "missing"
    } },
    var.database == "rds" ? {
      database-storage = {
        severity    = "page"
        description = "The database has less than 1 GB left, and storage has not grown by itself: ${local.runbooks}ops/runbooks/disk-space.md"
        namespace   = "AWS/RDS", metric = "FreeStorageSpace", dimensions = { DBInstanceIdentifier = local.name }
        statistic   = "Minimum", comparison = "LessThanThreshold", threshold = 1073741824, period = 60, periods = 5, missing = "breaching"
      }
      database-connections = {
        severity    = "ticket"
        description = "The database has less than a fifth of its connections left: ${local.runbooks}ops/runbooks/database-pool.md"
        namespace   = "AWS/RDS", metric = "DatabaseConnections", dimensions = { DBInstanceIdentifier = local.name }
        statistic   = "Maximum", comparison = "GreaterThanThreshold", threshold = floor(local.database_connections * 0.8), period = 60, periods = 5, missing = "notBreaching"
    } } : {},
  ) : {}

  # The worker logs each run as a line of JSON.
  run_metrics = {
    FailedRuns = "{ $.msg = \"run\" && $.ok IS FALSE }"
  }
}

#tfsec:ignore:aws-sns-enable-topic-encryption Alarms say which threshold was crossed, no more.
resource "aws_sns_topic" "alarms" {
  for_each = local.severities

  name = "${local.name}-${each.key}"
}

resource "aws_sns_topic_subscription" "alarms" {
  for_each = local.severities

  topic_arn = aws_sns_topic.alarms[each.key].arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

# A mail wakes no person.
resource "aws_sns_topic_subscription" "pager" {
  count = var.enable_alarms && nonsensitive(var.page_webhook != null) ? 1 : 0

  topic_arn              = aws_sns_topic.alarms["page"].arn
  protocol               = "https"
  endpoint               = var.page_webhook
  endpoint_auto_confirms = true
}

resource "aws_cloudwatch_log_metric_filter" "runs" {
  for_each = var.enable_alarms ? local.run_metrics : {}

  name           = "${local.name}-${each.key}"
  log_group_name = aws_cloudwatch_log_group.this["worker"].name
  pattern        = each.value

  metric_transformation {
    namespace = "fualab/${var.environment}"
    name      = each.key
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${local.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  period              = each.value.period
  evaluation_periods  = each.value.periods
  treat_missing_data  = each.value.missing
  alarm_actions       = [aws_sns_topic.alarms[each.value.severity].arn]
  ok_actions          = [aws_sns_topic.alarms[each.value.severity].arn]
}

# ECS tells of a deployment that failed or took itself back.
resource "aws_cloudwatch_event_rule" "deployment_failed" {
  count = var.enable_alarms ? 1 : 0

  name        = "${local.name}-deployment-failed"
  description = "A deployment failed: ${local.runbooks}ops/runbooks/rollback.md"
  event_pattern = jsonencode({
    source      = ["aws.ecs"]
    detail-type = ["ECS Deployment State Change"]
    resources   = [{ prefix = "${local.arn}:ecs:${var.region}:${local.account}:service/${local.name}/" }]
    detail      = { eventName = ["SERVICE_DEPLOYMENT_FAILED"] }
  })
}

resource "aws_cloudwatch_event_target" "deployment_failed" {
  count = var.enable_alarms ? 1 : 0

  rule = aws_cloudwatch_event_rule.deployment_failed[0].name
  arn  = aws_sns_topic.alarms["page"].arn
}

data "aws_iam_policy_document" "alarms" {
  for_each = local.severities

  # EventBridge takes no condition in a topic's policy: with one, each message is dropped.
  statement {
    sid       = "Events"
    actions   = ["sns:Publish"]
    resources = ["${local.arn}:sns:${var.region}:${local.account}:${local.name}-${each.key}"]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }
  }
  statement {
    sid       = "Alarms"
    actions   = ["sns:Publish"]
    resources = ["${local.arn}:sns:${var.region}:${local.account}:${local.name}-${each.key}"]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

resource "aws_sns_topic_policy" "alarms" {
  for_each = local.severities

  arn    = aws_sns_topic.alarms[each.key].arn
  policy = data.aws_iam_policy_document.alarms[each.key].json
}
