#!/usr/bin/env bash
# Runs doctor for the platform of this machine: of FUALAB_DATABASE_URL where that is set, of the containers where they
# run, otherwise of the local runner.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

[[ ${1:-} == doctor ]] || fail "usage: $0 doctor [argument …]"
command=$1
shift

# running SERVICE …
running() {
  docker compose version >/dev/null 2>&1 || return 1
  local service list
  list=$(docker compose ps --status running --services 2>/dev/null) || return 1
  for service; do
    grep -qx "$service" <<<"$list" && return 0
  done
  return 1
}

if [[ -z ${FUALAB_DATABASE_URL:-} ]] && running api; then
  exec ops/compose.sh exec -T api fualab-api doctor "$@"
fi

if [[ -z ${FUALAB_DATABASE_URL:-} ]]; then
  data=${FUALAB_DATA_DIR:-.data}
  export FUALAB_DATABASE_URL=sqlite:///$data/fualab.db
  # Where the local runner's own Redis listens, unless another program had the port.
  export FUALAB_REDIS_URL=${FUALAB_REDIS_URL:-redis://127.0.0.1:6379}
  export FUALAB_API_ADDR=${FUALAB_API_ADDR:-127.0.0.1:8000} FUALAB_WORKER_ADDR=${FUALAB_WORKER_ADDR:-127.0.0.1:8001}
fi
go build -buildvcs=false -o bin/fualab-api ./api/cmd/fualab-api
exec bin/fualab-api "$command" "$@"
