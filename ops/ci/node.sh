#!/usr/bin/env bash
# Fails, with the cure, unless this machine can build the web client.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

cure='install Node 20.19, 22.12 or newer from https://nodejs.org'
need node "$cure"
need npm "$cure"
node -e 'const [a, b] = process.versions.node.split(".").map(Number);
  process.exit((a === 20 && b >= 19) || (a === 22 && b >= 12) || a > 22 ? 0 : 1)' ||
  fail "node $(node --version) cannot build the web client: $cure"
