#!/usr/bin/env bash
# Brings an empty account and a repository to an environment that deployments can use: bootstrap, state, lock files, the
# stack, GitHub's variables, environments and rules. It asks for missing facts, shows its plan, and can run again after
# a failure: each step that is done is passed over.
#
#   infra/setup.sh ENV             asks before it begins, and Terraform before each apply
#   infra/setup.sh ENV --plan      prints the plan alone
#
# Facts are taken from the environment: AWS_REGION, REPOSITORY (owner/name), for dev TF_VAR_database_url and
# TF_VAR_migrate_database_url, for prod ALARM_EMAIL. YES=yes asks nothing. Without gh, its commands are printed.
set -euo pipefail
cd "$(dirname "$0")"

environment=${1:-} plan_only=${2:-}
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }
[[ $environment =~ ^[a-z][a-z0-9]{1,11}$ && ( -z $plan_only || $plan_only == --plan ) ]] ||
  fail 'usage: infra/setup.sh ENV [--plan]'
[[ -e terraform-ecs/$environment.tfvars ]] ||
  fail "there is no terraform-ecs/$environment.tfvars: copy dev.tfvars or prod.tfvars, and set environment"
have() { command -v "$1" >/dev/null; }

# fact NAME QUESTION [DEFAULT] asks for what the environment does not have; -s hides it.
fact() {
  local hidden=() name=$1
  [[ $name != -s ]] || { hidden=(-s); shift; name=$1; }
  [[ -z ${!name:-} ]] || return 0
  [[ ${YES:-} != yes && -t 0 ]] || { [[ -n ${3:-} ]] && printf -v "$name" %s "$3" && return; fail "set $name: $2"; }
  read -r "${hidden[@]}" -p "$2${3:+ [$3]}: " "$name"
  [[ -n ${!name} ]] || printf -v "$name" %s "${3:-}"
  [[ -n ${!name} ]] || fail "$name is needed"
  [[ ${#hidden[@]} == 0 ]] || echo
}

have terraform || fail 'terraform 1.11 or newer is needed: https://developer.hashicorp.com/terraform/install'
have aws || fail 'the AWS command line is needed: https://aws.amazon.com/cli'
fact AWS_REGION 'region of AWS' us-east-1
export AWS_REGION
origin=$(git remote get-url origin 2>/dev/null || true)
[[ $origin =~ github.com[:/]([A-Za-z0-9._-]+/[A-Za-z0-9._-]+)$ ]] && origin=${BASH_REMATCH[1]%.git} || origin=
fact REPOSITORY 'repository on GitHub, owner/name' "$origin"
[[ $REPOSITORY =~ ^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$ ]] || fail "REPOSITORY=$REPOSITORY is not owner/name"
account=$(aws sts get-caller-identity --query Account --output text) ||
  fail 'AWS does not accept these credentials: aws configure, or aws sso login'
bucket=fualab-state-$account
uses() { grep -qE "^$1 += \"$2\"" "terraform-ecs/$environment.tfvars"; }
roots=(bootstrap terraform-lite terraform-ecs)

cat <<PLAN
Account $account, region $AWS_REGION, repository $REPOSITORY, environment $environment:

  1. bootstrap: the bucket $bucket of the states, GitHub's identity provider, the workflows' roles
  2. bootstrap's own state moves into the bucket, and backend.tf says so
  3. lock files of the providers, for Linux and macOS on both architectures
  4. terraform-ecs: the stack of $environment, without a service; those come with the first release
  5. GitHub: variables, the environments release and $environment with their rules, the rules of main and of tags$(have gh || printf ' (gh is not installed: its commands are printed)')

A step that is done is passed over. To undo: terraform destroy in terraform-ecs, then in bootstrap.
PLAN
[[ -z $plan_only ]] || exit 0
if [[ ${YES:-} != yes ]]; then
  read -r -p 'Go on? [y/N] ' answer
  [[ $answer == [yY]* ]] || fail 'nothing was done'
fi
apply=(apply -input=false)
[[ ${YES:-} != yes ]] || apply+=(-auto-approve)

step() { printf '\n==> %s\n' "$*"; }

step '1. bootstrap'
if [[ ! -e bootstrap/my.tfvars ]]; then
  if have gh; then
    read -r owner_id repo_id < <(gh api "repos/$REPOSITORY" --jq '"\(.owner.id) \(.id)"') ||
      fail "gh cannot read $REPOSITORY: gh auth login"
  else
    fact OWNER_ID "number of the owner: curl https://api.github.com/repos/$REPOSITORY, .owner.id"
    fact REPO_ID 'number of the repository: .id'
    owner_id=$OWNER_ID repo_id=$REPO_ID
  fi
  [[ $owner_id$repo_id =~ ^[0-9]+$ ]] || fail "the ids of $REPOSITORY are numbers, not $owner_id and $repo_id"
  cat >bootstrap/my.tfvars <<HCL
region = "$AWS_REGION"
github = {
  owner    = "${REPOSITORY%/*}"
  owner_id = $owner_id
  repo     = "${REPOSITORY#*/}"
  repo_id  = $repo_id
}
HCL
fi
# bootstrap_init looks for the state where backend.tf says, and moves there what is still on this machine.
bootstrap_init() {
  local move=()
  [[ ! -e bootstrap/backend.tf ]] || move=(-migrate-state -force-copy)
  terraform -chdir=bootstrap init -input=false ${move[@]+"${move[@]}"} >/dev/null
}
bootstrap_init
# An account has one provider for GitHub, which another project may have made.
provider=arn:aws:iam::$account:oidc-provider/token.actions.githubusercontent.com
if ! terraform -chdir=bootstrap state show aws_iam_openid_connect_provider.github >/dev/null 2>&1 &&
  aws iam get-open-id-connect-provider --open-id-connect-provider-arn "$provider" >/dev/null 2>&1; then
  terraform -chdir=bootstrap import -input=false -var-file=my.tfvars aws_iam_openid_connect_provider.github "$provider"
fi
terraform -chdir=bootstrap "${apply[@]}" -var-file=my.tfvars

step "2. bootstrap's state in $bucket"
if [[ ! -e bootstrap/backend.tf ]]; then
  cat >bootstrap/backend.tf.new <<HCL
terraform {
  backend "s3" {
    bucket       = "$bucket"
    key          = "bootstrap/terraform.tfstate"
    region       = "$AWS_REGION"
    use_lockfile = true
    encrypt      = true
  }
}
HCL
  mv bootstrap/backend.tf.new bootstrap/backend.tf
fi
bootstrap_init

step '3. lock files'
lock() {
  terraform -chdir="$1" providers lock -platform=linux_amd64 -platform=linux_arm64 -platform=darwin_amd64 \
    -platform=darwin_arm64
}
for root in "${roots[@]}"; do
  # init alone locks the platform that it runs on: one h1 a platform.
  [[ -e $root/.terraform.lock.hcl && $(grep -c '"h1:' "$root/.terraform.lock.hcl") -ge 4 ]] || lock "$root"
done

step "4. the stack of $environment"
grep -q '^region ' "terraform-ecs/$environment.tfvars" || printf '\nregion = "%s"\n' "$AWS_REGION" >>"terraform-ecs/$environment.tfvars"
printf 'bucket = "%s"\nkey    = "%s/terraform.tfstate"\nregion = "%s"\n' "$bucket" "$environment" "$AWS_REGION" >"terraform-ecs/$environment.backend.hcl"
terraform -chdir=terraform-ecs init -input=false -reconfigure -backend-config="$environment.backend.hcl" >/dev/null
# Secrets are written once, with the first apply; later ones need a higher version: README.md.
if ! terraform -chdir=terraform-ecs state show aws_ssm_parameter.database_url >/dev/null 2>&1; then
  if uses database rds; then
    have openssl || fail 'openssl is needed, to make passwords'
    TF_VAR_database_password=$(openssl rand -hex 24) TF_VAR_service_password=$(openssl rand -hex 24)
    export TF_VAR_database_password TF_VAR_service_password
  else
    fact -s TF_VAR_database_url 'database, by the role of the services (postgresql://fualab_service:…?sslmode=verify-full)'
    fact -s TF_VAR_migrate_database_url 'database, by the owner of the schema (postgresql://fualab:…?sslmode=verify-full)'
    export TF_VAR_database_url TF_VAR_migrate_database_url
  fi
fi
# Certificates are no secret. They stand in the file, because each deployment needs them.
if uses database rds && ! grep -q '^database_ca ' "terraform-ecs/$environment.tfvars"; then
  ca=$(curl -fsS "https://truststore.pki.rds.amazonaws.com/$AWS_REGION/$AWS_REGION-bundle.pem") || fail "the certificates of RDS in $AWS_REGION cannot be loaded"
  printf '\ndatabase_ca = <<PEM\n%s\nPEM\n' "$ca" >>"terraform-ecs/$environment.tfvars"
fi
if grep -qE '^enable_alarms += true' "terraform-ecs/$environment.tfvars"; then
  fact ALARM_EMAIL 'mail address for alarms'
  sed -i.old -E "s/^(alarm_email += ).*/\1\"$ALARM_EMAIL\"/" "terraform-ecs/$environment.tfvars" && rm "terraform-ecs/$environment.tfvars.old"
fi
terraform -chdir=terraform-ecs "${apply[@]}" -var-file="$environment.tfvars"

step '5. GitHub'
# hub runs gh, or prints its command; standard input is its body.
hub() {
  local body=
  [[ $1 != --body ]] || { body=$2; shift 2; }
  if have gh; then
    if [[ -n $body ]]; then gh "$@" --input - <<<"$body" >/dev/null; else gh "$@" >/dev/null; fi
  else
    printf 'gh'; printf ' %q' "$@"; [[ -z $body ]] || printf ' --input - <<<%q' "$body"; echo
  fi
}
there() { have gh && [[ -n $(gh api "$1" --jq "$2" 2>/dev/null) ]]; }
role() { terraform -chdir=bootstrap output -json roles | tr -d ' \n' | sed -nE "s/.*\"$1\":\"([^\"]+)\".*/\1/p"; }
repo=repos/$REPOSITORY
hub variable set AWS_REGION --repo "$REPOSITORY" --body "$AWS_REGION"
hub variable set AWS_STATE_BUCKET --repo "$REPOSITORY" --body "$bucket"
hub variable set AWS_BUILD_ROLE --repo "$REPOSITORY" --body "$(role build)"
hub variable set AWS_PLAN_ROLE --repo "$REPOSITORY" --body "$(role plan)"
hub variable set AWS_DRIFT_ROLE --repo "$REPOSITORY" --body "arn:aws:iam::$account:role/fualab-github-drift"
# environment NAME VARIABLE ROLE KIND PATTERN… makes one with its rule, which binds its role to main or to tags.
environment() {
  local name=$1 variable=$2 role=$3 kind=$4 pattern
  hub --body '{"deployment_branch_policy":{"protected_branches":false,"custom_branch_policies":true}}' api --method PUT "$repo/environments/$name"
  for pattern in "${@:5}"; do
    there "$repo/environments/$name/deployment-branch-policies" ".branch_policies[] | select(.name == \"$pattern\") | .name" ||
      hub --body "{\"name\":\"$pattern\",\"type\":\"$kind\"}" api --method POST "$repo/environments/$name/deployment-branch-policies"
  done
  hub variable set "$variable" --repo "$REPOSITORY" --env "$name" --body "$(role "$role")"
}
environment release AWS_RELEASE_ROLE release tag 'api/v*' 'worker/v*'
environment "$environment" AWS_DEPLOY_ROLE "deploy-$environment" branch main
there "$repo/rulesets" '.[] | select(.name == "main") | .name' ||
  hub --body '{
  "name": "main", "target": "branch", "enforcement": "active",
  "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
  "rules": [
    {"type": "deletion"}, {"type": "non_fast_forward"},
    {"type": "pull_request", "parameters": {
      "required_approving_review_count": 0, "dismiss_stale_reviews_on_push": false, "require_code_owner_review": false,
      "require_last_push_approval": false, "required_review_thread_resolution": false}},
    {"type": "required_status_checks", "parameters": {
      "strict_required_status_checks_policy": false, "required_status_checks": [{"context": "ok"}]}}]}' \
    api --method POST "$repo/rulesets"
there "$repo/rulesets" '.[] | select(.name == "releases") | .name' ||
  hub --body '{
  "name": "releases", "target": "tag", "enforcement": "active",
  "conditions": {"ref_name": {"include": ["refs/tags/*/v*"], "exclude": []}},
  "rules": [{"type": "deletion"}, {"type": "update"}]}' \
    api --method POST "$repo/rulesets"

cat <<NEXT

$environment is ready for its first release. Commit infra/bootstrap/backend.tf, the lock files and terraform-ecs/$environment.tfvars
by a pull request. Its merge builds the first release, and brings it to dev. The first deployment makes the token of its smoke test.
NEXT
uses environment prod || exit 0
cat <<NEXT
In GitHub, give the environment $environment its reviewers. Confirm the two mails of SNS. Then:
  gh workflow run cd-deploy.yml --field environment=$environment --field release=main-COMMIT
NEXT
