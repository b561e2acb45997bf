#!/usr/bin/env bash
# Copies Caddy from the web client's image to bin/caddy, for the tests, which would otherwise compile one for minutes.
set -euo pipefail
cd "$(dirname "$0")/../.."
mkdir -p bin
docker run --rm --entrypoint cat "$(sed -n 's/^FROM \(caddy:.*\)/\1/p' frontend/Dockerfile)" /usr/bin/caddy >bin/caddy.part
chmod +x bin/caddy.part
mv bin/caddy.part bin/caddy
bin/caddy version
