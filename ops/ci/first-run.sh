#!/usr/bin/env bash
# Follows the README as a newcomer: starts the platform with one command, calls it, and stops it with Ctrl-C.
# It uses free ports and a temporary database, so it disturbs no other program.
set -euo pipefail
cd "$(dirname "$0")/../.."
. ops/ci/lib.sh

need go 'https://go.dev/dl'
need curl 'apt-get install curl'
need pgrep 'apt-get install procps'

dir=$(mktemp -d)
free_port api_port
free_port worker_port
free_port frontend_port
api=http://127.0.0.1:$api_port
frontend=http://127.0.0.1:$frontend_port

# The caller's own variables must not change this test.
unset "${!FUALAB_@}"
export FUALAB_API_ADDR=127.0.0.1:$api_port
export FUALAB_WORKER_ADDR=127.0.0.1:$worker_port
export FUALAB_FRONTEND_ADDR=127.0.0.1:$frontend_port
export FUALAB_DATA_DIR=$dir
export FUALAB_DATABASE_URL=sqlite:///$dir/fualab.db

# Job control gives the platform its own process group, which this script ends completely.
set -m
go run ./ops/local >"$dir/log" 2>&1 </dev/null &
pid=$!
set +m
running() { kill -0 "$pid" 2>/dev/null; }

cleanup() {
  local status=$?
  set +e
  if ((status)); then
    printf '\nThe log of go run ./ops/local:\n' >&2
    cat "$dir/log" >&2
  fi
  running && kill -KILL -- "-$pid"
  wait 2>/dev/null
  rm -rf "$dir"
}
trap cleanup EXIT

# expect STATUS [curl argument …] sends a request, and stores the response in $body.
expect() {
  local want=$1 got
  shift
  got=$(curl -sS --noproxy '*' --max-time 10 -o "$dir/body" -w '%{http_code}' "$@") ||
    fail "no response: curl $*"
  body=$(<"$dir/body")
  [[ $got == "$want" ]] || fail "want status $want, got $got: curl $*"$'\n'"$body"
  echo "$got  $*"
}

# within SECONDS COMMAND … waits until the command succeeds.
within() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}
started() { ! running || curl -fs --noproxy '*' -o /dev/null "$api/health"; }
stopped() { ! running; }

# The first run compiles everything.
within 600 started || fail "$api/health does not respond"
running || fail 'go run ./ops/local ended before it responded'
echo "started after ${SECONDS}s"

expect 200 "$api/health"
expect 201 "$api/api/items" -H 'Content-Type: application/json' -d '{"name":"Sample"}'
expect 200 "$api/api/items"
[[ $body == '['*'"Sample"'* ]] || fail "the list lacks the item: $body"

# The worker declares its schedules after the API is healthy.
declared() { [[ $(curl -fs --noproxy '*' "$api/api/schedules") == *'"stats.rollup"'* ]]; }
within 60 declared || fail "the worker declares no schedules"

# The README's calls as printed, except for the port, and with a failure when the API refuses one.
calls=$(sed -n '/<!-- calls:begin -->/,/<!-- calls:end -->/p' README.md | grep '^curl')
while read -r call; do
  call=${call//localhost:8000/${api#http://}}
  echo "$call"
  bash -c "curl -fsS --noproxy '*' --max-time 10 -o /dev/null ${call#curl}" || fail "the README's call fails: $call"
done <<<"$calls"

expect 404 "$api/api/items/999999999"
expect 200 "$api/docs"
expect 200 "$frontend/"

# If Node is installed, the platform builds the web client meanwhile.
built() { expect 200 "$frontend/items/1" && [[ $body == *'src="/assets/'* ]]; }
if ops/ci/node.sh; then
  within 300 built >/dev/null || fail "the web client is not served: $body"
  echo "the web client is served after ${SECONDS}s"
else
  echo 'the web client is not built: Node is not installed'
fi

# `go run` ends with status 1 when Ctrl-C reaches it too; the test needs the status of the platform itself.
kill -INT "$(pgrep -P "$pid")"
within 30 stopped || fail 'still running 30 s after Ctrl-C'
wait "$pid" || fail "exit status $? after Ctrl-C, want 0"
echo 'stopped cleanly on Ctrl-C'
