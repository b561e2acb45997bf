#!/usr/bin/env bash
# Runs doctor, backup or restore for the platform of this machine: that of FUALAB_DATABASE_URL if it is set, otherwise
# that of the running containers, otherwise that of the local runner.
set -euo pipefail
here=$PWD
cd "$(dirname "$0")/.."

fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

[[ ${1:-} =~ ^(doctor|backup|restore)$ ]] || fail "usage: $0 doctor|backup|restore [argument …]"
command=$1
shift
file=
((! $#)) || file=${!#}
if [[ $command != doctor ]]; then
  [[ -n $file ]] || fail "$command needs a file: go tool task $command FILE=backups/fualab"
  [[ $file == /* ]] || file=$here/$file
  set -- "${@:1:$#-1}" "$file"
fi
[[ $command != backup ]] || mkdir -p "$(dirname "$file")"

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

# The container has the client programs of its server's version; its socket needs no password.
if [[ -z ${FUALAB_DATABASE_URL:-} ]] && running db; then
  case $command in
    doctor)
      running api || fail "the containers run without an API: go tool task up"
      exec ops/compose.sh exec -T api fualab-api doctor "$@"
      ;;
    backup)
      [[ ! -e $file ]] || fail "$file exists already: remove it, or name another file"
      (umask 077 && ops/compose.sh exec -T db pg_dump -U fualab -d fualab --format=custom --no-owner --no-privileges \
        --lock-wait-timeout=60s >"$file.part") || {
        rm -f "$file.part"
        fail 'the backup failed, see above'
      }
      mv "$file.part" "$file"
      echo "$file has the whole database, in $(wc -c <"$file") bytes"
      ;;
    restore)
      [[ ${1:-} == --replace ]] || fail 'the containers have a database already: make a backup of it first, then REPLACE=yes replaces it'
      [[ -s $file ]] || fail "there is no backup $file"
      ! running api worker jobs || fail 'API, worker or jobs use the database: docker compose stop api worker jobs'
      # If the backup cannot be read to its end, COMMIT is missing and everything rolls back.
      ops/compose.sh exec -T db bash -euo pipefail -c '{
          echo "BEGIN; DROP SCHEMA public CASCADE; CREATE SCHEMA public;"
          pg_restore --file=- --no-owner --no-privileges
          echo "COMMIT;"
        } | psql -U fualab -d fualab -qX -v ON_ERROR_STOP=1 -o /dev/null' <"$file" || fail 'nothing was restored, see above'
      # A backup has no privileges.
      ops/compose.sh run --rm -T migrate up || fail 'the rows are restored, but API and worker may not read them yet: go tool task migrate'
      echo 'the database is restored: go tool task up starts the platform'
      ;;
  esac
  exit
fi

go build -buildvcs=false -o bin/fualab-local ./ops/local
exec bin/fualab-local "$command" "$@"
