# An execution role a program, which ECS uses to start it: it pulls its image, writes its log and reads its secrets.

locals {
  programs = {
    api     = { repository = "api" }
    worker  = { repository = "worker" }
    migrate = { repository = "api" }
  }
}

data "aws_iam_policy_document" "ecs_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
    # Only for tasks of this account, not of any caller that knows the role's name.
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["${local.arn}:ecs:${var.region}:${local.account}:*"]
    }
  }
}

resource "aws_iam_role" "execution" {
  for_each = local.programs

  name               = "${local.name}-${each.key}-execution"
  assume_role_policy = data.aws_iam_policy_document.ecs_trust.json
}

data "aws_iam_policy_document" "execution" {
  for_each = local.programs

  statement {
    sid       = "Login"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"] # reason: the action knows no resource
  }
  statement {
    sid       = "Pull"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = [local.repository_arns[each.value.repository]]
  }
  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.arn}:logs:${var.region}:${local.account}:log-group:${local.log_groups[each.key]}:*"]
  }
  statement {
    sid       = "Secrets"
    actions   = ["ssm:GetParameters"]
    resources = [for secret, readers in local.secrets : local.secret_arns[secret] if contains(readers, each.key)]
  }
}

resource "aws_iam_role_policy" "execution" {
  for_each = local.programs

  name   = "start"
  role   = aws_iam_role.execution[each.key].id
  policy = data.aws_iam_policy_document.execution[each.key].json
}

# The programs themselves ask nothing of AWS, so their role may nothing. A product adds its permissions here.
resource "aws_iam_role" "task" {
  for_each = local.programs

  name               = "${local.name}-${each.key}-task"
  assume_role_policy = data.aws_iam_policy_document.ecs_trust.json
}
