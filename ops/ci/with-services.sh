#!/usr/bin/env bash
# Runs a command with a private Postgres and Redis behind FUALAB_TEST_DATABASE_URL and
# FUALAB_TEST_REDIS_URL, and removes both afterwards:
#
#   ops/ci/with-services.sh go tool task test:integration
set -euo pipefail
. "$(dirname "$0")/lib.sh"

(($#)) || fail "usage: $0 command [argument …]"
need initdb 'apt-get install postgresql'
need redis-server 'apt-get install redis-server'

dir=$(mktemp -d /tmp/fualab-services.XXXXXX)
password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
free_port pg_port
free_port redis_port

# Postgres refuses to run as root; it also needs a working directory that it may enter.
as_postgres=()
if ((EUID == 0)); then as_postgres=(runuser -u postgres --); fi
pg() { (cd "$dir" && "${as_postgres[@]}" "$@"); }

redis_pid=
cleanup() {
  set +e
  [[ -z $redis_pid ]] || kill "$redis_pid" 2>/dev/null
  [[ ! -e $dir/pg/postmaster.pid ]] || pg pg_ctl -s -D "$dir/pg" -m immediate stop
  wait
  rm -rf "$dir"
}
trap cleanup EXIT

echo "$password" >"$dir/password"
if ((EUID == 0)); then chown -R postgres "$dir"; fi

pg initdb -D "$dir/pg" -U fualab --pwfile="$dir/password" --auth=scram-sha-256 \
  --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$dir/initdb.log" 2>&1 ||
  fail "initdb: $(<"$dir/initdb.log")"

# The data ends with this run, so it need not reach the disk.
pg pg_ctl -s -w -D "$dir/pg" -l "$dir/postgres.log" start -o "-p $pg_port \
  -c listen_addresses=127.0.0.1 -c unix_socket_directories=$dir -c max_connections=300 \
  -c fsync=off -c synchronous_commit=off -c full_page_writes=off" ||
  fail "postgres: $(<"$dir/postgres.log")"

redis-server --bind 127.0.0.1 --port "$redis_port" --dir "$dir" --save '' >"$dir/redis.log" 2>&1 &
redis_pid=$!
until listening "$redis_port"; do
  kill -0 "$redis_pid" 2>/dev/null || fail "redis-server: $(<"$dir/redis.log")"
  sleep 0.1
done

export FUALAB_TEST_DATABASE_URL="postgresql://fualab:$password@127.0.0.1:$pg_port/postgres?sslmode=disable"
export FUALAB_TEST_REDIS_URL="redis://127.0.0.1:$redis_port/0"
echo "with $(postgres --version) on port $pg_port and Redis on port $redis_port"
"$@"
