#!/usr/bin/env bash
# Measures the first minutes of a newcomer: `go run ./ops/local` in a clone, with empty caches of modules and builds,
# until /health responds; then `go tool task --list`. Arguments are directories of further clones, such as one of an
# older commit; all are measured in turns.
#
#   ops/lab/cold.sh              this commit
#   ops/lab/cold.sh ../before    this commit and another clone, twice each
set -euo pipefail
cd "$(dirname "$0")/../.."
. ops/ci/lib.sh
need curl 'apt-get install curl'
unset "${!FUALAB_@}"
work=$(mktemp -d "${TMPDIR:-/tmp}/fualab-cold.XXXXXX")
pid=
cleanup() {
  [[ -z $pid ]] || kill -INT -- "-$pid" 2>/dev/null || true
  wait || true
  chmod -R u+w "$work" && rm -rf "$work"
}
trap cleanup EXIT
free_port api
free_port worker
free_port web
export FUALAB_API_ADDR=127.0.0.1:$api FUALAB_WORKER_ADDR=127.0.0.1:$worker FUALAB_FRONTEND_ADDR=127.0.0.1:$web
export FUALAB_BUILD_CLIENT=false FUALAB_DATA_DIR=$work/data

seconds() { awk "BEGIN { printf \"%.1f\", $(date +%s.%N) - $1 }"; }

# first CLONE prints the seconds until the first response, and those of the first task after it.
first() {
  local began
  export GOCACHE=$work/cache GOMODCACHE=$work/mod
  began=$(date +%s.%N)
  set -m
  (cd "$1" && exec go run ./ops/local) >"$work/log" 2>&1 </dev/null &
  pid=$!
  set +m
  until curl -fs --noproxy '*' -m 2 -o /dev/null "http://127.0.0.1:$api/health"; do
    kill -0 "$pid" 2>/dev/null || { cat "$work/log" >&2; fail "$1: the platform ended before it responded"; }
    (($(date +%s) < ${began%.*} + 1200)) || fail "$1: no response in 20 minutes"
    sleep 0.2
  done
  printf '%s: /health after %s s' "$1" "$(seconds "$began")"
  kill -INT -- "-$pid"
  wait "$pid" || true
  pid=
  began=$(date +%s.%N)
  (cd "$1" && go tool task --list >/dev/null)
  printf ', go tool task after %s s more\n' "$(seconds "$began")"
  chmod -R u+w "$work" && rm -rf "$work"/*
}

git clone -q . "$work.clone"
rounds=1
((! $#)) || rounds=2
for ((round = 0; round < rounds; round++)); do
  for clone in "$work.clone" "$@"; do first "$clone"; done
done
rm -rf "$work.clone"
