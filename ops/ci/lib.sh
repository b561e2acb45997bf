# shellcheck shell=bash
# What .ci/run and the scripts beside this file share; sourced, not run.

step() { printf '\n==> [%3ds] %s\n' "$SECONDS" "$*"; }

fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

have() { command -v "$1" >/dev/null; }

# need PROGRAM CURE
need() { have "$1" || fail "$1 is needed: $2"; }

# Debian keeps Postgres' server programs out of PATH; the newest version comes to stand first.
for bin in /usr/lib/postgresql/*/bin; do
  PATH=$bin:$PATH
done

listening() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# free_port NAME sets NAME to a port on which nothing listens. It stays below the ports that the
# kernel hands to clients, and counts on, so that no two calls give the same one.
last_port=$((20000 + RANDOM % 10000))
free_port() {
  while listening $((++last_port)); do :; done
  printf -v "$1" %d "$last_port"
}
