#!/usr/bin/env bash
# Checks infra/:
#
#   ops/ci/infra.sh check    format, tflint, tfsec, refusals, validate, and with the AWS provider the tests of every choice
#
# tflint and tfsec are used if they are installed, or if infra-tools.sh has built them. A provider that cannot be
# downloaded is reported; every other failure of Terraform fails. With FUALAB_TEST_REQUIRE_AWS=1 a missing part is a
# failure.
set -euo pipefail
cd "$(dirname "$0")/../.."
. ops/ci/lib.sh

[[ $# == 1 && $1 == check ]] || fail "usage: $0 check"
. ops/ci/infra-lib.sh

# lint checks each root, and with each file of variables looks for security holes. An exception is a comment
# tfsec:ignore at the excepted line, with its reason.
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

# refusals tests the validations of a root's variables, with the variables alone: this needs no provider.
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

# choices plans every choice and every refusal with a provider that makes no request.
choices() {
  local root
  for root in "${roots[@]}"; do
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

if ! have terraform; then
  missing 'anything of Terraform was' 'terraform is not installed (https://developer.hashicorp.com/terraform/install)'
  exit 0
fi

echo 'terraform fmt'
terraform fmt -check -diff -recursive infra || fail 'terraform fmt: see above; terraform fmt -recursive infra formats the valid files'

echo 'terraform init'
complete=yes
for root in "${roots[@]}"; do
  init "$root" -backend=false || complete=
done

if path=$(ops/ci/infra-tools.sh --built); then
  PATH=$path:$PATH
  lint
else
  missing 'tflint and tfsec were' 'they are neither installed nor built, which go tool task infra:tools does'
fi

if [[ -n $complete ]]; then
  choices
else
  for root in "${roots[@]}"; do refusals "$root"; done
  missing 'validate and terraform test of the choices were' "the AWS provider cannot be had: ${provider_missing:-see above}"
fi

echo 'deployments on a fake AWS are part of the laboratory: go tool task lab:deployments'
