# Each kind of workflow has a role. Each is trusted by exact subjects: an environment's name, or main. With an
# environment the subject carries no branch: the environment's own rule (main only, reviewers) binds it.

locals {
  prefixes = [
    "repo:${var.github.owner}/${var.github.repo}",
    "repo:${var.github.owner}@${var.github.owner_id}/${var.github.repo}@${var.github.repo_id}",
  ]
  roles = merge(
    {
      build   = "ref:refs/heads/main"
      release = "environment:release"
      plan    = "pull_request"
    },
    { for e in var.environments : "deploy-${e}" => "environment:${e}" },
    { for e in var.environments : "drift-${e}" => "ref:refs/heads/main" },
  )
}

data "aws_iam_policy_document" "trust" {
  for_each = local.roles

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.github.arn]
    }
    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:aud"
      values   = ["sts.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:sub"
      values   = [for prefix in local.prefixes : "${prefix}:${each.value}"]
    }
  }
}

resource "aws_iam_role" "github" {
  for_each = local.roles

  name                 = "fualab-github-${each.key}"
  description          = "GitHub Actions: ${each.key}"
  assume_role_policy   = data.aws_iam_policy_document.trust[each.key].json
  max_session_duration = 7200 # longer than the longest job, since credentials are not renewed
}

# build: pushes images, and writes the record of a release that can be deployed.
data "aws_iam_policy_document" "build" {
  statement {
    sid       = "Login"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"] # reason: the action knows no resource
  }
  statement {
    sid = "Push"
    actions = [
      "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:DescribeImages", "ecr:DescribeImageScanFindings",
      "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
    ]
    resources = [for s in ["api", "worker", "frontend"] : "${local.arn}:ecr:${var.region}:${local.account}:repository/fualab/${s}"]
  }
  statement {
    sid       = "Releases"
    actions   = ["ssm:PutParameter"]
    resources = ["${local.arn}:ssm:${var.region}:${local.account}:parameter/fualab/releases/*"]
  }
}

resource "aws_iam_role_policy" "build" {
  name   = "build"
  role   = aws_iam_role.github["build"].id
  policy = data.aws_iam_policy_document.build.json
}

# release: gives an image that was built one more name.
data "aws_iam_policy_document" "release" {
  statement {
    sid       = "Login"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"] # reason: the action knows no resource
  }
  statement {
    sid       = "Tag"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer", "ecr:PutImage"]
    resources = [for s in ["api", "worker", "frontend"] : "${local.arn}:ecr:${var.region}:${local.account}:repository/fualab/${s}"]
  }
}

resource "aws_iam_role_policy" "release" {
  name   = "release"
  role   = aws_iam_role.github["release"].id
  policy = data.aws_iam_policy_document.release.json
}

# plan: compares a pull request with the states, which hold no secret, and asks AWS for zones alone. Whoever opens a pull
# request in this repository runs code with it, so it reads nothing else.
data "aws_iam_policy_document" "plan" {
  statement {
    sid       = "List"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.state.arn]
  }
  statement {
    sid       = "States"
    actions   = ["s3:GetObject"]
    resources = [for e in var.environments : "${aws_s3_bucket.state.arn}/${e}/terraform.tfstate"]
  }
  statement {
    sid       = "Zones"
    actions   = ["ec2:DescribeAvailabilityZones", "ec2:DescribeVpcAttribute", "ec2:DescribeVpcs"]
    resources = ["*"] # reason: they know no resource
  }
}

resource "aws_iam_role_policy" "plan" {
  name   = "plan"
  role   = aws_iam_role.github["plan"].id
  policy = data.aws_iam_policy_document.plan.json
}
