# shellcheck shell=bash
# Sourced by infra.sh apply-fake: Terraform and the deploy program against the fake AWS of fake-aws.sh.
# What the fake knows nothing of is only planned: ElastiCache Serverless, CloudFront, budgets, RDS' parameters.

export TF_IN_AUTOMATION=1
bucket=fualab-state-123456789012
aws_api() { python3 -c 'import boto3,sys,json; s,o,p=sys.argv[1:]; print(json.dumps(getattr(boto3.client(s),o)(**json.loads(p)),default=str))' "$@"; }
aws_api s3 create_bucket "{\"Bucket\":\"$bucket\"}" >/dev/null

# Tags of scalable targets are a gap of the fake, so the provider's default tags stay away.
for root in terraform-lite terraform-ecs; do
  cat >"$work/infra/$root/fake_override.tf" <<'HCL'
provider "aws" {
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  s3_use_path_style           = true

  default_tags {}
}
HCL
done

# It also forgets this rule's description.
cat >>"$work/infra/terraform-ecs/fake_override.tf" <<'HCL'
resource "aws_vpc_security_group_ingress_rule" "redis_sidecar" {
  description = null
}
HCL

tf() { terraform -chdir="$work/infra/$1" "${@:2}" -no-color >"$work/tf.log" 2>&1 || { local rc=$?; grep -vE 'Refreshing state|Reading|Read complete' "$work/tf.log" | tail -60 >&2; return $rc; }; }

# stack ROOT KEY initialises ROOT with a state of its own in the fake's bucket, under the backend's own lock.
stack() {
  rm -rf "$work/infra/$1/.terraform"
  init "$1" -reconfigure -backend-config="bucket=$bucket" -backend-config="key=$2/terraform.tfstate" -backend-config=region=us-east-1 \
    -backend-config=use_path_style=true -backend-config=skip_credentials_validation=true -backend-config=skip_requesting_account_id=true
}

# settled ROOT ARGUMENT… applies, and wants nothing left to plan.
settled() {
  tf "$1" apply -auto-approve -input=false "${@:2}"
  tf "$1" plan -detailed-exitcode -input=false "${@:2}" || fail "$1: a second plan is not empty"
}

# gone asks the fake, not the state, what is left.
gone() {
  local left
  # A deleted cluster stays on the fake's list, inactive.
  left=$(python3 -c 'import boto3; e=boto3.client("ecs"); print(len([c for c in e.describe_clusters(clusters=e.list_clusters()["clusterArns"])["clusters"] if c["status"] == "ACTIVE"]))')
  left+=$(aws_api ecr describe_repositories '{}' | python3 -c 'import json,sys; print(len(json.load(sys.stdin)["repositories"]))')
  left+=$(aws_api ssm describe_parameters '{}' | python3 -c 'import json,sys; print(len(json.load(sys.stdin)["Parameters"]))')
  left+=$(aws_api logs describe_log_groups '{}' | python3 -c 'import json,sys; print(len(json.load(sys.stdin)["logGroups"]))')
  left+=$(aws_api iam list_roles '{}' | python3 -c 'import json,sys; print(len([r for r in json.load(sys.stdin)["Roles"] if r["RoleName"].startswith("fualab")]))')
  left+=$(aws_api ec2 describe_vpcs '{}' | python3 -c 'import json,sys; print(len([v for v in json.load(sys.stdin)["Vpcs"] if not v["IsDefault"]]))')
  [[ $left == 000000 ]] || fail "destroy left something: clusters, repositories, parameters, log groups, roles, networks are $left"
}

image() { printf '123456789012.dkr.ecr.us-east-1.amazonaws.com/fualab/%s@sha256:%064d' "$1" "$2"; }
images="images={\"api\":\"$(image api 0)\",\"worker\":\"$(image worker 0)\",\"migrate\":\"$(image api 0)\"}"

step 'terraform-lite: apply, an empty plan, destroy'
stack terraform-lite lite
settled terraform-lite -var-file=dev.tfvars
tf terraform-lite destroy -auto-approve -input=false -var-file=dev.tfvars
gone

step 'plans of every profile, read by the tests of roles and costs'
stack terraform-ecs plans
mkdir "$work/plans"
for profile in lite standard ha; do
  tf terraform-ecs plan -input=false -var-file="profiles/$profile.tfvars" -var "$images" -out="$work/plans/$profile.tfplan"
  terraform -chdir="$work/infra/terraform-ecs" show -json "$work/plans/$profile.tfplan" >"$work/plans/$profile.json"
done
FUALAB_TEST_PLANS=$work/plans go test -count=1 -run Plan ./infra/deploy

step 'terraform-ecs with a deployment by the deploy program'
. ops/ci/infra-deploy.sh

step 'terraform-ecs behind API Gateway, and behind a load balancer'
for ingress in api_gateway alb; do
  stack terraform-ecs "$ingress"
  arguments=(-var environment=dev -var "ingress=$ingress" -var redis=external -var worker_capacity=FARGATE -var enable_alarms=true
    -var alarm_email=ops@example.com -var enable_github_oidc=true -var 'github={owner="fualab",owner_id=1,repo="fualab",repo_id=2}' -var "$images")
  settled terraform-ecs "${arguments[@]}"
  tf terraform-ecs destroy -auto-approve -input=false "${arguments[@]}"
  gone
done
