# shellcheck shell=bash
# Functions of infra.sh and of the laboratory's apply on a fake AWS; sourced after lib.sh, at the repository's root.
# It creates $work with a copy of infra/ in it, and removes it at the end.

roots=(terraform-lite terraform-ecs bootstrap)

# missing WHAT WHY prints that a check was not run, or fails if it is required.
missing() {
  printf '\n!!! infra: %s NOT tried: %s\n\n' "$1" "$2" >&2
  [[ ${FUALAB_TEST_REQUIRE_AWS:-} != 1 ]] || exit 1
}

# The provider comes from Terraform's registry, or from the mirror that TF_CLI_CONFIG_FILE names. A missing
# configuration file is ignored. If a tool beside the repository builds the provider, its mirror is used.
[[ -s ${TF_CLI_CONFIG_FILE:-} ]] || unset TF_CLI_CONFIG_FILE
provider_tool=../shared/tools/aws/provider-up
provider_missing=
if [[ -z ${TF_CLI_CONFIG_FILE:-} && -x $provider_tool ]]; then
  if "$provider_tool" --check; then eval "$("$provider_tool" --env)"; else provider_missing='its build has not finished'; fi
fi

work=$(mktemp -d /tmp/fualab-infra.XXXXXX)
local_pid=
cleanup() {
  [[ -z $local_pid ]] || kill "$local_pid" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

# Work on a copy: no lock file of a provider built here and no override gets into the sources.
cp -r infra "$work/infra"
find "$work/infra" -name .terraform -prune -exec rm -rf {} +
mkdir "$work/no-providers"
# A mirror may have a provider of the same version that was built elsewhere, with another checksum.
[[ -z ${TF_CLI_CONFIG_FILE:-} ]] || find "$work/infra" -name .terraform.lock.hcl -delete

# unreachable LOG reports whether each error of an init is a provider that could not be downloaded. Terraform prints the
# same heading for an unreachable registry and for a constraint that no version meets. Only the first is excused.
unreachable() {
  local text
  text=$(sed 's/^[│╷╵ ]*//' "$1" | tr '\n' ' ')
  ! grep -E '^[│ ]*Error: ' "$1" | grep -qvE 'Error: (Failed to (query available provider packages|install provider)|Registry service unreachable)' || return 1
  [[ $text != *'no available releases match'* && $text != *checksum* ]] || return 1
  grep -qE 'not found in any of the search locations|could not connect to|could not query provider registry|failed to request discovery document|dial tcp|no such host|i/o timeout|TLS handshake timeout|Client\.Timeout|context deadline exceeded' <<<"$text"
}

# init ROOT ARGUMENT… returns 1 if the provider cannot be downloaded. Every other failure is a fault of the
# configuration and ends the script.
init() {
  local root=$1 excuse=()
  shift
  # Do not wait for a registry that has already failed.
  [[ -z $provider_missing ]] || excuse=(-plugin-dir="$work/no-providers")
  ! terraform -chdir="$work/infra/$root" init -input=false -no-color ${excuse[@]+"${excuse[@]}"} "$@" >"$work/init.log" 2>&1 || return 0
  [[ -n $provider_missing ]] && unreachable "$work/init.log" && return 1
  cat "$work/init.log" >&2
  unreachable "$work/init.log" || fail "terraform init, infra/$root: see above"
  return 1
}
