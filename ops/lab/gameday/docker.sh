#!/usr/bin/env bash
# Replaces docker on the game day, where each service is a process of this machine. It has the commands of the runbooks
# and ops/platform.sh: docker compose start|stop|kill|exec|run|ps. GAMEDAY_DIR has all its files, with the settings in
# one of them.
set -euo pipefail
dir=$GAMEDAY_DIR
set -a
. "$dir/settings"
set +a

fail() {
  echo "docker of the game day: $*" >&2
  exit 1
}

as_postgres() {
  if ((EUID == 0)); then
    (cd "$dir" && setpriv --reuid=postgres --regid=postgres --init-groups "$@")
  else
    "$@"
  fi
}

pid_of() { cat "$dir/$1.pid" 2>/dev/null; }

up() {
  local pid
  if [[ $1 == db ]]; then
    as_postgres pg_ctl -D "$dir/pg/data" status >/dev/null
  else
    pid=$(pid_of "$1") && kill -0 "$pid" 2>/dev/null
  fi
}

start() {
  ! up "$1" || return 0
  case $1 in
    db)
      as_postgres pg_ctl -s -w -D "$dir/pg/data" -l "$dir/pg/log" -o "-p $PGPORT -c listen_addresses=127.0.0.1 \
        -c unix_socket_directories=$dir/pg -c fsync=off" start >/dev/null
      ;;
    redis) launch redis redis-server --bind 127.0.0.1 --port "$REDIS_PORT" --dir "$dir" --save '' ;;
    api | worker) launch "$1" "fualab-$1" ;;
    *) fail "no service $1" ;;
  esac
}

launch() {
  setsid "${@:2}" >>"$dir/$1.log" 2>&1 </dev/null &
  echo $! >"$dir/$1.pid"
}

# end SIGNAL SERVICE
end() {
  up "$2" || return 0
  if [[ $2 == db ]]; then
    as_postgres pg_ctl -s -w -D "$dir/pg/data" -m "$([[ $1 == TERM ]] && echo fast || echo immediate)" stop
    return
  fi
  kill -s "$1" "$(pid_of "$2")"
  for _ in {1..300}; do
    up "$2" || return 0
    sleep 0.1
  done
  fail "$2 does not end"
}

[[ ${1:-} == compose ]] || fail "no command $*"
shift
while [[ ${1:-} == -f ]]; do shift 2; done
command=${1:-}
shift
case $command in
  version) ;;
  start) for service; do start "$service"; done ;;
  stop) for service; do end TERM "$service"; done ;;
  kill) for service; do end KILL "$service"; done ;;
  ps) for service in db redis api worker; do ! up "$service" || echo "$service"; done ;;
  exec)
    [[ $1 == -T ]] || fail 'exec needs -T'
    up "$2" || fail "$2 does not run"
    exec "${@:3}"
    ;;
  run)
    [[ $1 == --rm && $2 == -T && $3 == migrate ]] || fail 'run needs --rm -T migrate'
    exec fualab-api migrate "${@:4}"
    ;;
  *) fail "no command compose $command" ;;
esac
