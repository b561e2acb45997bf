#!/usr/bin/env bash
# Applies infra/ to a fake AWS with the real provider, and deploys there:
#
#   ops/lab/infra/apply-fake.sh          apply, plan again, deploy, fail, roll back, destroy; 25 minutes
#   ops/lab/infra/apply-fake.sh -short   apply, plan again, deploy, roll back, destroy, by dev.tfvars; eight minutes
#
# The fake lacks ElastiCache Serverless, CloudFront, budgets, and RDS' parameters: these are only planned. So it applies
# the profile lite, and of the others the choices that the fake knows. With -short it leaves these out, and runs only
# successful deployments. With FUALAB_TEST_REQUIRE_AWS=1 a missing part is a failure.
set -euo pipefail
cd "$(dirname "$0")/../../.."
. ops/ci/lib.sh

brief=${1:-}
[[ $# -le 1 && ( -z $brief || $brief == -short ) ]] || fail "usage: $0 [-short]"

. ops/ci/infra-lib.sh
have terraform || { missing 'apply on a fake AWS was' 'terraform is not installed'; exit 0; }
[[ -z $provider_missing ]] || { missing 'apply on a fake AWS was' "the AWS provider is missing: $provider_missing"; exit 0; }
if [[ -z ${FAKE_PUBLIC_IP:-} ]]; then
  why=$(ops/lab/fakeaws/run --check 2>&1) || { missing 'apply on a fake AWS was' "$why"; exit 0; }
  # Start this script again below the fake. exec runs no trap.
  rm -rf "$work"
  exec ops/lab/fakeaws/run ops/lab/infra/apply-fake.sh "$@"
fi

export TF_IN_AUTOMATION=1
bucket=fualab-state-123456789012
aws_api() { python3 -c 'import boto3,sys,json; s,o,p=sys.argv[1:]; print(json.dumps(getattr(boto3.client(s),o)(**json.loads(p)),default=str))' "$@"; }

# Tags of scalable targets are a gap of the fake, so the provider's default tags stay away.
for root in "${roots[@]}"; do
  cat >"$work/infra/$root/fake_override.tf" <<'HCL'
provider "aws" {
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  s3_use_path_style           = true

  default_tags {}
}
HCL
done

# The fake forgets how many old versions stay. The bucket of the states cannot be destroyed, except here.
sed -i '/newer_noncurrent_versions/d' "$work/infra/bootstrap/main.tf"
cat >>"$work/infra/bootstrap/fake_override.tf" <<'HCL'
resource "aws_s3_bucket" "state" {
  lifecycle {
    prevent_destroy = false
  }
}
HCL

# It also forgets the descriptions of these rules.
for rule in ingress_rule:redis_sidecar ingress_rule:api_balanced egress_rule:balanced_api; do
  cat >>"$work/infra/terraform-ecs/fake_override.tf" <<HCL
resource "aws_vpc_security_group_${rule%:*}" "${rule#*:}" {
  description = null
}
HCL
done

tf() { terraform -chdir="$work/infra/$1" "${@:2}" -no-color >"$work/tf.log" 2>&1 || { local rc=$?; grep -vE 'Refreshing state|Reading|Read complete' "$work/tf.log" | tail -60 >&2; return $rc; }; }

# stack ROOT KEY initialises ROOT with a separate state in the fake's bucket, under the backend's own lock.
stack() {
  rm -rf "$work/infra/$1/.terraform"
  init "$1" -reconfigure -backend-config="bucket=$bucket" -backend-config="key=$2/terraform.tfstate" -backend-config=region=us-east-1 \
    -backend-config=use_path_style=true -backend-config=skip_credentials_validation=true -backend-config=skip_requesting_account_id=true
}

# settled ROOT ARGUMENT… applies, and requires an empty plan afterwards.
settled() {
  tf "$1" apply -auto-approve -input=false "${@:2}"
  tf "$1" plan -detailed-exitcode -input=false "${@:2}" || fail "$1: a second plan is not empty"
}

# gone asks the fake, not the state, for remaining resources; bootstrap's stay until the end.
gone() {
  local left
  left=$(python3 ops/lab/fakeaws/left.py "$@")
  [[ -z $left ]] || fail "destroy left something:"$'\n'"$left"
}
bootstrapped=("$bucket" arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com
  fualab-github-{build,plan,release,deploy-dev,deploy-prod,drift-dev,drift-prod})

# plan_json ROOT NAME ARGUMENT… writes the plan for the tests of roles and costs.
mkdir "$work/plans"
plan_json() {
  tf "$1" plan -input=false -out="$work/plans/$2.tfplan" "${@:3}"
  terraform -chdir="$work/infra/$1" show -json "$work/plans/$2.tfplan" >"$work/plans/$2.json"
}

image() { printf '123456789012.dkr.ecr.us-east-1.amazonaws.com/fualab/%s@sha256:%064d' "$1" "$2"; }
images="images={\"api\":\"$(image api 0)\",\"worker\":\"$(image worker 0)\",\"migrate\":\"$(image api 0)\"}"

# The repository that GitHub's roles are for.
github=(-var 'github={owner="fualab",owner_id=1,repo="fualab",repo_id=2}')

step 'bootstrap: apply, an empty plan; its bucket holds the states of what follows'
init bootstrap || { missing 'apply on a fake AWS was' 'the AWS provider cannot be had, see above'; exit 0; }
settled bootstrap "${github[@]}"
plan_json bootstrap bootstrap "${github[@]}"
# The fake refuses all callers where AWS refuses plain text.
aws_api s3 delete_bucket_policy "{\"Bucket\":\"$bucket\"}" >/dev/null

step 'terraform-lite: apply, an empty plan, destroy'
stack terraform-lite lite
# The settings that database = rds requires; the fake speaks no TLS.
export TF_VAR_database_ca=$'-----BEGIN CERTIFICATE-----\nnot-a-real-one\n-----END CERTIFICATE-----\n'
settled terraform-lite -var-file=dev.tfvars
tf terraform-lite destroy -auto-approve -input=false -var-file=dev.tfvars
gone "${bootstrapped[@]}"

step 'plans of every profile, read by the tests of roles and costs'
stack terraform-ecs plans
for profile in lite standard ha; do
  plan_json terraform-ecs "$profile" -var-file="profiles/$profile.tfvars" -var enable_github_oidc=true "${github[@]}" -var "$images"
done
FUALAB_TEST_PLANS=$work/plans go test -count=1 -run 'Plan|Polic|Reasons' ./infra/deploy

step 'terraform-ecs with deployments by the deploy program'
. ops/lab/infra/deployments.sh

# Each choice that the fake knows, in as few stacks as possible: an apply takes as long as its waits.
choices() {
  local name=$1
  shift
  step "terraform-ecs, $name: apply, an empty plan, destroy"
  stack terraform-ecs "${name// /-}"
  settled terraform-ecs -var environment=dev -var "$images" "$@"
  tf terraform-ecs destroy -auto-approve -input=false -var environment=dev -var "$images" "$@"
  gone "${bootstrapped[@]}"
}
if [[ -z $brief ]]; then
  choices 'the profile lite' -var-file=profiles/lite.tfvars
  choices 'API Gateway with alarms and roles' -var ingress=api_gateway -var redis=external -var worker_capacity=FARGATE \
    -var enable_alarms=true -var alarm_email=ops@example.com -var enable_github_oidc=true "${github[@]}"
  choices 'a load balancer with autoscaling' -var ingress=alb -var redis=external -var worker_capacity=FARGATE \
    -var api_count=2 -var worker_count=2 -var enable_autoscaling=true -var log_retention_days=30
  choices 'an existing network' -var "vpc=$(aws_api ec2 describe_subnets '{}' |
    python3 -c 'import json,sys; s=json.load(sys.stdin)["Subnets"]; print(json.dumps(dict(id=s[0]["VpcId"],subnet_ids=[x["SubnetId"] for x in s[:2]])))')" \
    -var 'schedule_off_hours={stop="cron(0 20 ? * * *)",start="cron(0 8 ? * MON-FRI *)"}'
fi

step 'destroy bootstrap, and nothing is left'
python3 -c 'import boto3,sys; boto3.resource("s3").Bucket(sys.argv[1]).object_versions.delete()' "$bucket"
tf bootstrap destroy -auto-approve -input=false "${github[@]}"
gone
