# deploy-ENV: the permissions of a release. It registers task definitions, moves the services to them, runs the
# migration and writes the record of its environment. It reads the rest of the stack, because each apply compares it, and
# may change none of it: a change of network, roles, database or ingress is applied by a person, before the release that
# needs it. Without that, anyone with the right to merge to main could give a role of their own making every permission.

locals {
  ssm = "${local.arn}:ssm:${var.region}:${local.account}:parameter/fualab"
  iam = "${local.arn}:iam::${local.account}"
  ecs = "${local.arn}:ecs:${var.region}:${local.account}"
}

# read: the state that each plan compares.
data "aws_iam_policy_document" "read" {
  for_each = var.environments

  statement {
    sid = "ReadRoles"
    actions = [
      "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole", "iam:ListRolePolicies",
    ]
    resources = ["${local.iam}:role/fualab-${each.key}-*"]
  }
  statement {
    sid = "ReadFiles"
    actions = [
      "s3:GetAccelerateConfiguration", "s3:GetBucketAcl", "s3:GetBucketCORS", "s3:GetBucketLogging",
      "s3:GetBucketObjectLockConfiguration", "s3:GetBucketPolicy", "s3:GetBucketPublicAccessBlock",
      "s3:GetBucketRequestPayment", "s3:GetBucketTagging", "s3:GetBucketVersioning", "s3:GetBucketWebsite",
      "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration", "s3:ListBucket",
    ]
    resources = ["${local.arn}:s3:::fualab-${each.key}-frontend-${local.account}"]
  }
  statement {
    sid = "Read"
    actions = [
      "apigateway:GET",
      "application-autoscaling:DescribeScalableTargets", "application-autoscaling:DescribeScalingPolicies",
      "application-autoscaling:DescribeScheduledActions",
      "budgets:ListTagsForResource", "budgets:ViewBudget",
      "cloudfront:DescribeFunction", "cloudfront:GetDistribution", "cloudfront:GetFunction",
      "cloudfront:GetOriginAccessControl", "cloudfront:GetResponseHeadersPolicy", "cloudfront:ListTagsForResource",
      "cloudwatch:DescribeAlarms", "cloudwatch:GetDashboard", "cloudwatch:ListTagsForResource",
      "ec2:DescribeAvailabilityZones", "ec2:DescribeInternetGateways", "ec2:DescribeNetworkAcls",
      "ec2:DescribeNetworkInterfaces", "ec2:DescribePrefixLists", "ec2:DescribeRouteTables",
      "ec2:DescribeSecurityGroupRules", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets",
      "ec2:DescribeVpcAttribute", "ec2:DescribeVpcEndpoints", "ec2:DescribeVpcs",
      "ecr:DescribeRepositories", "ecr:GetLifecyclePolicy", "ecr:ListTagsForResource",
      "elasticache:DescribeServerlessCaches", "elasticache:ListTagsForResource",
      "elasticloadbalancing:DescribeListenerAttributes", "elasticloadbalancing:DescribeListeners",
      "elasticloadbalancing:DescribeLoadBalancerAttributes", "elasticloadbalancing:DescribeLoadBalancers",
      "elasticloadbalancing:DescribeTags", "elasticloadbalancing:DescribeTargetGroupAttributes",
      "elasticloadbalancing:DescribeTargetGroups",
      "events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule",
      "logs:DescribeLogGroups", "logs:DescribeMetricFilters",
      "rds:DescribeDBInstances", "rds:DescribeDBParameterGroups", "rds:DescribeDBParameters",
      "rds:DescribeDBSubnetGroups", "rds:ListTagsForResource",
      "servicediscovery:GetNamespace", "servicediscovery:GetService", "servicediscovery:ListTagsForResource",
      "sns:GetSubscriptionAttributes", "sns:GetTopicAttributes", "sns:ListTagsForResource",
      "ssm:DescribeParameters",
    ]
    resources = ["*"] # reason: they only list and describe, and most know no resource
  }
}

data "aws_iam_policy_document" "deploy" {
  for_each = var.environments

  source_policy_documents = [data.aws_iam_policy_document.read[each.key].json]

  statement {
    sid       = "StateList"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.state.arn]
  }
  statement {
    sid       = "State"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
    resources = ["${aws_s3_bucket.state.arn}/${each.key}/*"]
  }
  statement {
    sid       = "Release"
    actions   = ["ssm:GetParameter", "ssm:GetParameters"]
    resources = ["${local.ssm}/releases/*"]
  }
  # An image's signature lies beside it, and is looked at before it is deployed.
  statement {
    sid       = "Login"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"] # reason: the action knows no resource
  }
  statement {
    sid       = "Verify"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer"]
    resources = [for s in ["api", "worker", "frontend"] : "${local.arn}:ecr:${var.region}:${local.account}:repository/fualab/${s}"]
  }
  # It tags a released image, so that the lifecycle policy keeps it. Other tags of the repositories never move, and a
  # tag proves nothing: a deployment goes by a digest and its signature.
  statement {
    sid       = "Keep"
    actions   = ["ecr:PutImage"]
    resources = [for s in ["api", "worker", "frontend"] : "${local.arn}:ecr:${var.region}:${local.account}:repository/fualab/${s}"]
  }
  statement {
    sid       = "Record"
    actions   = ["ssm:PutParameter"]
    resources = ["${local.ssm}/${each.key}/release/*", "${local.ssm}/${each.key}/smoke-token"] # which a first release makes
  }
  # Terraform reads a parameter's value even where it keeps none of it. A role that may register a task of this
  # environment could read them through that task anyway.
  statement {
    sid       = "Parameters"
    actions   = ["ssm:GetParameter", "ssm:GetParameters", "ssm:ListTagsForResource"]
    resources = ["${local.ssm}/${each.key}/*"]
  }
  statement {
    sid = "Services"
    actions = [
      "ecs:CreateService", "ecs:DeleteService", "ecs:DescribeClusters", "ecs:DescribeServiceDeployments",
      "ecs:DescribeServiceRevisions", "ecs:DescribeServices", "ecs:DescribeTasks", "ecs:ListServiceDeployments",
      "ecs:ListTagsForResource", "ecs:RunTask", "ecs:StopTask", "ecs:TagResource", "ecs:UntagResource", "ecs:UpdateService",
    ]
    resources = [for kind in [
      "cluster/fualab-${each.key}", "service/fualab-${each.key}/*", "service-deployment/fualab-${each.key}/*",
      "service-revision/fualab-${each.key}/*", "task/fualab-${each.key}/*", "task-definition/fualab-${each.key}-*",
    ] : "${local.ecs}:${kind}"]
  }
  statement {
    sid       = "Definitions"
    actions   = ["ecs:DeregisterTaskDefinition", "ecs:DescribeTaskDefinition", "ecs:ListTasks", "ecs:RegisterTaskDefinition"]
    resources = ["*"] # reason: the actions know no resource
  }
  statement {
    sid       = "PassRole"
    actions   = ["iam:PassRole"]
    resources = ["${local.iam}:role/fualab-${each.key}-*"]
    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com"]
    }
  }
  statement {
    sid       = "Logs"
    actions   = ["logs:GetLogEvents", "logs:ListTagsForResource"]
    resources = ["${local.arn}:logs:${var.region}:${local.account}:log-group:/fualab/${each.key}/*"]
  }
  # A first release brings the scaling of the services that it makes.
  statement {
    sid = "Scaling"
    actions = [
      "application-autoscaling:DeleteScalingPolicy", "application-autoscaling:DeleteScheduledAction",
      "application-autoscaling:DeregisterScalableTarget", "application-autoscaling:ListTagsForResource",
      "application-autoscaling:PutScalingPolicy", "application-autoscaling:PutScheduledAction",
      "application-autoscaling:RegisterScalableTarget", "application-autoscaling:TagResource",
    ]
    resources = ["${local.arn}:application-autoscaling:${var.region}:${local.account}:scalable-target/*"]
  }
  # With it come the alarms that track its targets, and in a new account the role that scales.
  statement {
    sid       = "Tracking"
    actions   = ["cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm"]
    resources = ["${local.arn}:cloudwatch:${var.region}:${local.account}:alarm:TargetTracking-service/fualab-${each.key}/*"]
  }
  statement {
    sid       = "ScalingRole"
    actions   = ["iam:CreateServiceLinkedRole"]
    resources = ["${local.iam}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService"]
  }
  # The web client's files, and CloudFront's forgetting them.
  statement {
    sid       = "Files"
    actions   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    resources = ["${local.arn}:s3:::fualab-${each.key}-frontend-${local.account}/*"]
  }
  statement {
    sid       = "Invalidate"
    actions   = ["cloudfront:CreateInvalidation"]
    resources = ["${local.arn}:cloudfront::${local.account}:distribution/*"] # its id is not known here
  }
}

resource "aws_iam_role_policy" "deploy" {
  for_each = var.environments

  name   = "deploy"
  role   = aws_iam_role.github["deploy-${each.key}"].id
  policy = data.aws_iam_policy_document.deploy[each.key].json
}

# drift-ENV: compares the stack with main, nightly, and changes nothing.
data "aws_iam_policy_document" "drift" {
  for_each = var.environments

  source_policy_documents = [data.aws_iam_policy_document.read[each.key].json]

  statement {
    sid       = "StateList"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.state.arn]
  }
  statement {
    sid       = "State"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.state.arn}/${each.key}/*"]
  }
  # Terraform reads a parameter's value even where it keeps none of it.
  statement {
    sid       = "Parameters"
    actions   = ["ssm:GetParameter", "ssm:GetParameters", "ssm:ListTagsForResource"]
    resources = ["${local.ssm}/${each.key}/*"]
  }
  statement {
    sid     = "Services"
    actions = ["ecs:DescribeClusters", "ecs:DescribeServices", "ecs:ListTagsForResource"]
    resources = [for kind in [
      "cluster/fualab-${each.key}", "service/fualab-${each.key}/*", "task-definition/fualab-${each.key}-*",
    ] : "${local.ecs}:${kind}"]
  }
  statement {
    sid       = "Definitions"
    actions   = ["ecs:DescribeTaskDefinition"]
    resources = ["*"] # reason: the action knows no resource
  }
  statement {
    sid       = "Logs"
    actions   = ["logs:ListTagsForResource"]
    resources = ["${local.arn}:logs:${var.region}:${local.account}:log-group:/fualab/${each.key}/*"]
  }
  statement {
    sid       = "Scaling"
    actions   = ["application-autoscaling:ListTagsForResource"]
    resources = ["${local.arn}:application-autoscaling:${var.region}:${local.account}:scalable-target/*"]
  }
}

resource "aws_iam_role_policy" "drift" {
  for_each = var.environments

  name   = "drift"
  role   = aws_iam_role.github["drift-${each.key}"].id
  policy = data.aws_iam_policy_document.drift[each.key].json
}
