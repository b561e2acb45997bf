# shellcheck shell=bash
# Functions of .ci/run and of the scripts beside this file; sourced, not run.

step() { printf '\n==> [%3ds] %s\n' "$SECONDS" "$*"; }

fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

have() { command -v "$1" >/dev/null; }

# need PROGRAM CURE
need() { have "$1" || fail "$1 is needed: $2"; }

# Debian keeps Postgres' server programs out of PATH; this puts the newest version first.
for bin in /usr/lib/postgresql/*/bin; do
  PATH=$bin:$PATH
done

listening() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# free_port NAME sets NAME to a port without a listener, and reserves it: no other script gets this port while this one,
# or a program that it started, runs. The port is below those that the kernel gives to clients.
port_locks=${TMPDIR:-/tmp}/fualab-ports
next_port=$((20000 + RANDOM % 10000))
free_port() {
  local lock tries
  mkdir -p -m 1777 "$port_locks" 2>/dev/null || true
  for ((tries = 0; tries < 10000; tries++)); do
    next_port=$((20000 + (next_port + 1) % 10000))
    exec {lock}>>"$port_locks/$next_port"
    if flock --nonblock "$lock" && ! listening "$next_port"; then
      printf -v "$1" %d "$next_port"
      return
    fi
    exec {lock}>&-
  done
  fail 'no free port from 20000 to 29999'
}
