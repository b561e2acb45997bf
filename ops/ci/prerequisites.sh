#!/usr/bin/env bash
# Installs the missing programs for the tests of the whole platform, on Debian or Ubuntu.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

missing=()
have curl || missing+=(curl)
have gcc || missing+=(gcc libc6-dev) # for the race detector
have git || missing+=(git)
have jq || missing+=(jq) # for the runbooks' commands, like the next one
have sqlite3 || missing+=(sqlite3)
have pgrep || missing+=(procps)
have initdb || missing+=(postgresql)
have redis-server || missing+=(redis-server)
have node && have npm || missing+=(nodejs npm)
[[ -n $(compgen -G '/usr/lib/*/faketime/libfaketime.so.1') ]] || missing+=(libfaketime)
have chromium || missing+=(chromium) # for the tests of the web client in a browser
if ((${#missing[@]})); then
  echo "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  as_root=()
  ((EUID == 0)) || as_root=(sudo --preserve-env=DEBIAN_FRONTEND)
  "${as_root[@]}" apt-get -qq update
  "${as_root[@]}" apt-get -qq install --no-install-recommends "${missing[@]}" </dev/null >/dev/null
fi
