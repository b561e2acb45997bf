#!/usr/bin/env bash
# Runs the web client's tests and the API's contract on a stack of containers with its own project name and ports, and
# removes all of it at the end. Arguments go to Playwright.
set -euo pipefail
cd "$(dirname "$0")/../.."
. ops/ci/lib.sh

need docker 'https://docs.docker.com/get-docker'
unset "${!FUALAB_@}"
export COMPOSE_PROJECT_NAME=fualab-e2e-$$
free_port FUALAB_API_PORT
free_port FUALAB_FRONTEND_PORT
free_port FUALAB_DATABASE_PORT
free_port FUALAB_REDIS_PORT
export FUALAB_API_PORT FUALAB_FRONTEND_PORT FUALAB_DATABASE_PORT FUALAB_REDIS_PORT

report=$(mktemp)

# The tests' report is printed after the services' logs, because a reader of a failed run looks at the end first.
cleanup() {
  local status=$?
  set +e
  if ((status)); then
    ops/compose.sh ps --all >&2
    ops/compose.sh logs --no-color --tail 40 >&2
    tail -n 60 "$report" >&2
  fi
  rm -f "$report"
  ops/compose.sh down --volumes --remove-orphans --timeout 5 >/dev/null 2>&1
}
trap cleanup EXIT

ops/compose.sh up --build --detach --wait --wait-timeout 300 --quiet-pull
echo "healthy after ${SECONDS}s"

echo "the API's contract, through the port of the API"
FUALAB_TEST_API_URL=http://127.0.0.1:$FUALAB_API_PORT go test -count=1 -run TestContractOfARunningAPI ./api/internal/items

echo "the web client"
# A program that the tests start must not get the stack's settings.
env -u FUALAB_API_PORT -u FUALAB_FRONTEND_PORT -u FUALAB_DATABASE_PORT -u FUALAB_REDIS_PORT \
  FUALAB_E2E_URL="http://127.0.0.1:$FUALAB_FRONTEND_PORT" npm --prefix frontend run e2e -- "$@" | tee "$report"
