#!/usr/bin/env bash
# Adds the scheduled task of CONTRIBUTING.md, one file and one line, to a temporary copy of the
# repository, and waits until it has run. It uses free ports and a temporary database.
set -euo pipefail
cd "$(dirname "$0")/../.."
. ops/ci/lib.sh

need go 'https://go.dev/dl'
need curl 'apt-get install curl'

dir=$(mktemp -d)
free_port api_port
free_port worker_port
api=http://127.0.0.1:$api_port

# The caller's own variables must not change this test.
unset "${!FUALAB_@}"
export FUALAB_API_ADDR=127.0.0.1:$api_port
export FUALAB_WORKER_ADDR=127.0.0.1:$worker_port
export FUALAB_DATABASE_URL=sqlite:///$dir/fualab.db

pids=()
running() { kill -0 "$1" 2>/dev/null; }

cleanup() {
  local status=$?
  set +e
  if ((status)); then
    for log in "$dir"/*.log; do
      [[ ! -s $log ]] || { printf '\n%s:\n' "${log##*/}" && tail -n 40 "$log"; } >&2
    done
  fi
  for pid in "${pids[@]}"; do
    running "$pid" && kill -KILL "$pid"
  done
  wait 2>/dev/null
  rm -rf "$dir"
}
trap cleanup EXIT

# The services and their shared module; each builds without the workspace.
mkdir "$dir/copy"
cp -R api shared worker "$dir/copy/"

worker=$dir/copy/worker
sed -n '/<!-- task:begin -->/,/<!-- task:end -->/p' CONTRIBUTING.md | sed '/^<!--/d; /^```/d' >"$worker/internal/items/hello.go"
[[ -s $worker/internal/items/hello.go ]] || fail 'CONTRIBUTING.md prints no task'
sed -i.before $'/return \\[\\]task\\.Task{/a\\\n\t\titems.SayHello(d),\n' "$worker/product.go"
echo 'added to worker: internal/items/hello.go, and in product.go'
# diff exits with status 1 if files differ.
changed=$(diff "$worker/product.go.before" "$worker/product.go" || true)
echo "$changed"
[[ $(grep -c '^[<>]' <<<"$changed") == 1 ]] || fail 'the list of the product must change by one line'

for service in api worker; do
  GOWORK=off go -C "$dir/copy/$service" build -buildvcs=false -o "$dir/" "./cmd/fualab-$service"
done
echo "built after ${SECONDS}s"

for service in api worker; do
  "$dir/fualab-$service" >"$dir/$service.log" 2>&1 </dev/null &
  pids+=($!)
done

# within SECONDS COMMAND … waits until the command succeeds.
within() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}
completed() {
  for pid in "${pids[@]}"; do
    running "$pid" || fail 'a service ended by itself'
  done
  runs=$(curl -fs --noproxy '*' --max-time 10 "$api/api/runs?task=test.hello&state=completed&limit=1") &&
    [[ $runs == *'"state":"completed"'* ]]
}
within 60 completed || fail "no completed run of test.hello: ${runs:-no response}"
echo "$runs"

stopped() { ! running "$1"; }
for pid in "${pids[@]}"; do
  kill -TERM "$pid"
done
for pid in "${pids[@]}"; do
  within 30 stopped "$pid" || fail 'still running 30 s after SIGTERM'
  wait "$pid" || fail "exit status $? after SIGTERM, want 0"
done
pids=()
echo 'the task ran, and both services stopped cleanly'
