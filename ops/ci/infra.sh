#!/usr/bin/env bash
# Checks infra/, and applies it to a fake AWS:
#
#   ops/ci/infra.sh check        format, tflint, tfsec, validate, and with the AWS provider the tests of every choice
#   ops/ci/infra.sh apply-fake   apply, plan again, deploy, fail, roll back, destroy; 25 minutes
#   ops/ci/infra.sh apply-fake -short   apply, plan again, deploy, roll back, destroy, by dev.tfvars; eight minutes
#
# Terraform's registry gives the provider, or what TF_CLI_CONFIG_FILE names; else where ../shared/tools/aws has one, that
# one is taken.
# FUALAB_TEST_REQUIRE_AWS=1 fails where something is missing instead of saying so.
set -euo pipefail
cd "$(dirname "$0")/../.."
. ops/ci/lib.sh

roots=(terraform-lite terraform-ecs bootstrap)
tools=../shared/tools/aws

# missing WHAT says loudly that something was not tried, or fails where it must be.
missing() {
  printf '\n!!! infra: %s NOT tried: %s\n\n' "$1" "$2" >&2
  [[ ${FUALAB_TEST_REQUIRE_AWS:-} != 1 ]] || exit 1
}

if ! have terraform; then
  missing "anything of Terraform was" 'terraform is not installed (https://developer.hashicorp.com/terraform/install)'
  exit 0
fi

# A configuration that is named, and is not there, is none.
[[ -s ${TF_CLI_CONFIG_FILE:-} ]] || unset TF_CLI_CONFIG_FILE
if [[ -z ${TF_CLI_CONFIG_FILE:-} && -x $tools/provider-up ]]; then
  if "$tools/provider-up" --check; then eval "$("$tools/provider-up" --env)"; else provider_missing='its build has not finished'; fi
fi

if [[ ${1:-} == apply-fake && -z ${FAKE_AWS_PID:-} ]]; then
  [[ -z ${provider_missing:-} ]] || { missing 'apply on a fake AWS was' "the AWS provider is not there: $provider_missing"; exit 0; }
  why=$(ops/ci/fake-aws.sh --check 2>&1) || { missing 'apply on a fake AWS was' "$why"; exit 0; }
  exec ops/ci/fake-aws.sh ops/ci/infra.sh "$@"
fi

work=$(mktemp -d /tmp/fualab-infra.XXXXXX)
local_pid=
cleanup() {
  [[ -z $local_pid ]] || kill "$local_pid" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

# A copy: no lock file of a provider that was built here gets in among the sources, and no override.
cp -r infra "$work/infra"
find "$work/infra" -name .terraform -prune -exec rm -rf {} +

# init ROOT, without its backend unless arguments say otherwise
init() {
  local root=$1
  shift
  terraform -chdir="$work/infra/$root" init -input=false -no-color "$@" >"$work/init.log" 2>&1 || { cat "$work/init.log" >&2; return 1; }
}

# lint looks at each root, and for holes in what each file of variables makes of it. An exception is a comment
# tfsec:ignore at what it excepts, with its reason.
lint() {
  local root vars
  for root in "${roots[@]}"; do
    echo "tflint $root"
    tflint --chdir="infra/$root" --no-color
    for vars in infra/"$root"/*.tfvars infra/"$root"/profiles/*.tfvars; do
      [[ -e $vars ]] || continue
      echo "tfsec $vars"
      tfsec "infra/$root" --tfvars-file "$vars" --no-color --concise-output >"$work/tfsec.log" 2>&1 ||
        { cat "$work/tfsec.log" >&2; fail "tfsec, infra/$root with $vars"; }
    done
  done
}

# refusals tries what the variables of a root refuse, on its variables alone: that needs no provider.
refusals() {
  local root=$1 test dir=$work/refusals/$1
  mkdir -p "$dir/tests"
  cp "infra/$root/variables.tf" "$dir"
  for test in infra/"$root"/tests/*.tftest.hcl; do
    awk '/^[a-z]/ { block = "" } { block = block $0 "\n" } /^}/ && block ~ /^variables|expect_failures/ { printf "%s", block }' \
      "$test" >"$dir/tests/${test##*/}"
  done
  TF_CLI_CONFIG_FILE=/dev/null terraform -chdir="$dir" init -no-color >/dev/null
  TF_CLI_CONFIG_FILE=/dev/null terraform -chdir="$dir" test -no-color >"$work/test.log" 2>&1 || { cat "$work/test.log" >&2; fail "refusals of $root"; }
  echo "refusals of $root: $(tail -1 "$work/test.log")"
}

check() {
  local path root why
  echo 'terraform fmt'
  terraform fmt -check -diff -recursive infra || fail 'terraform fmt -recursive infra formats it'
  if path=$(ops/ci/infra-tools.sh); then
    PATH=$path:$PATH
    lint
  else
    missing 'tflint and tfsec were' 'they cannot be built, see above'
  fi
  if why=$(ops/ci/fake-aws.sh --check 2>&1); then
    echo 'deployments on a fake AWS, without Terraform'
    ops/ci/fake-aws.sh go test -count=1 -run OnFakeAWS ./infra/deploy
  else
    missing 'deployments on a fake AWS were' "$why"
  fi
  if [[ -n ${provider_missing:-} ]]; then
    for root in "${roots[@]}"; do refusals "$root"; done
    missing 'validate and terraform test of the choices were' "the AWS provider is not there: $provider_missing"
    return
  fi
  for root in "${roots[@]}"; do
    init "$root" -backend=false || { missing "validate and terraform test of $root were" 'the AWS provider cannot be had, see above'; return; }
    echo "validate $root"
    terraform -chdir="$work/infra/$root" validate -no-color
  done
  for root in "${roots[@]}"; do
    [[ -d infra/$root/tests ]] || continue
    echo "test $root"
    terraform -chdir="$work/infra/$root" test -no-color >"$work/test.log" 2>&1 || { cat "$work/test.log" >&2; fail "terraform test of $root"; }
    tail -1 "$work/test.log"
  done
}

case ${1:-} in
check) check ;;
apply-fake)
  brief=${2:-}
  [[ -z $brief || $brief == -short ]] || fail "usage: $0 apply-fake [-short]"
  . ops/ci/infra-fake.sh
  ;;
*) fail "usage: $0 check | apply-fake [-short]" ;;
esac
