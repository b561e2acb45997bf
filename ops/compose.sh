#!/usr/bin/env bash
# Runs docker compose with each service's version, commit and commit time for the images that it builds:
#
#   ops/compose.sh up --build --detach --wait
#
# A service's commit is the last one that changed its sources, so a change of one service does not rebuild another. If
# FUALAB_DOMAIN is set, which requires FUALAB_AUTH=on, the web client is published by HTTPS. OBSERVED=1 adds Grafana.
set -euo pipefail
cd "$(dirname "$0")/.."
. ops/ci/lib.sh

need docker 'install Docker Engine or Docker Desktop from https://docs.docker.com/get-docker; without it, "go run ./ops/local" runs the platform'
docker compose version >/dev/null 2>&1 || fail 'the Compose plugin of Docker is needed: https://docs.docker.com/compose/install'

# stamp SERVICE PATH … exports BUILD_SERVICE_VERSION, _COMMIT and _COMMIT_TIME; without git they stay unset.
stamp() {
  local service=$1 name commit version
  name=BUILD_$(tr a-z A-Z <<<"$service")
  shift
  commit=$(git log -1 --format=%H -- "$@" 2>/dev/null) && [[ -n $commit ]] || return 0
  version=$(git describe --match "$service/v*" --tags --always "$commit")
  [[ -z $(git status --porcelain -- "$@") ]] || version+=-dirty
  export "${name}_VERSION=${version#"$service/"}" "${name}_COMMIT=$commit"
  export "${name}_COMMIT_TIME=$(TZ=UTC git show -s --date=format-local:%Y-%m-%dT%H:%M:%SZ --format=%cd "$commit")"
}
stamp api api shared
stamp worker worker shared
stamp frontend frontend

files=(-f docker-compose.yml)
# setting NAME prints its value in the environment or else in .env, which Compose reads the same way.
setting() {
  local value=${!1:-}
  [[ -n $value || ! -e .env ]] || value=$(sed -nE "s/^(export )?$1=//p" .env | tail -n 1)
  value=${value%\"} value=${value#\"} value=${value%\'}
  printf %s "${value#\'}"
}
if [[ -n $(setting FUALAB_DOMAIN) ]]; then
  [[ $(setting FUALAB_AUTH) == on ]] ||
    fail 'FUALAB_DOMAIN publishes the API to the internet, but FUALAB_AUTH is not on: set FUALAB_AUTH=on in .env, and create a token (ops/runbooks/tokens.md)'
  files+=(-f docker-compose.https.yml)
fi
[[ -z ${OBSERVED:-} ]] || files+=(-f docker-compose.observability.yml)
exec docker compose "${files[@]}" "$@"
