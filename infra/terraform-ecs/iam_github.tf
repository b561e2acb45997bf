# The role of this environment's own workflows: it reads the data of `deploy status`, and changes nothing.

locals {
  # The two forms of GitHub's subject, each by exact match. With an environment the subject carries no branch, and AWS
  # evaluates no other claim: the environment's own rule, main only, binds the branch (../README.md).
  github_subjects = var.github == null ? [] : [
    "repo:${var.github.owner}/${var.github.repo}:environment:${var.environment}",
    "repo:${var.github.owner}@${var.github.owner_id}/${var.github.repo}@${var.github.repo_id}:environment:${var.environment}",
  ]
}

data "aws_iam_policy_document" "github_trust" {
  count = var.enable_github_oidc ? 1 : 0

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = ["${local.arn}:iam::${local.account}:oidc-provider/token.actions.githubusercontent.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:aud"
      values   = ["sts.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:sub"
      values   = local.github_subjects
    }
  }
}

data "aws_iam_policy_document" "github" {
  count = var.enable_github_oidc ? 1 : 0

  statement {
    sid       = "Release"
    actions   = ["ssm:GetParameter"]
    resources = [for record in ["current", "previous"] : "${local.arn}:ssm:${var.region}:${local.account}:parameter/fualab/${var.environment}/release/${record}"]
  }
  statement {
    sid       = "Services"
    actions   = ["ecs:DescribeServices"]
    resources = ["${local.arn}:ecs:${var.region}:${local.account}:service/${local.name}/*"]
  }
}

resource "aws_iam_role" "github" {
  count = var.enable_github_oidc ? 1 : 0

  name                 = "${local.name}-github-status"
  assume_role_policy   = data.aws_iam_policy_document.github_trust[0].json
  max_session_duration = 3600
}

resource "aws_iam_role_policy" "github" {
  count = var.enable_github_oidc ? 1 : 0

  name   = "status"
  role   = aws_iam_role.github[0].id
  policy = data.aws_iam_policy_document.github[0].json
}
