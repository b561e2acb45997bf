#!/usr/bin/env bash
# Provides a Docker engine with Compose and Buildx, and the base images. If it starts an engine, it writes the engine's
# process id to the file ENGINE_PID, and the caller ends it. It fails, with the cause, without an engine or an image.
#
# A machine that cannot reach an image registry may provide its own engine and images of the official names, by two
# programs in the directory STANDINS. Elsewhere Docker's own engine and registries are used.
set -euo pipefail
cd "$(dirname "$0")/../.."
. ops/ci/lib.sh
STANDINS=${STANDINS:-../shared/tools/standins}

mapfile -t base_images < <(
  sed -nE 's/^FROM (--platform=[^ ]+ )?([^ ]+:[^ ]+)( AS .*)?$/\2/p; s/^# syntax=(.*)/\1/p' {api,worker,frontend}/Dockerfile | sort -u
  sed -nE 's/^ +image: ([^$ ]+)$/\1/p' docker-compose.yml | grep -v ^fualab/
  echo testcontainers/ryuk:0.14.0 # the version of testcontainers-go in shared/go.mod uses this one
)

answers() { docker version >/dev/null 2>&1 && docker compose version >/dev/null 2>&1 && docker buildx version >/dev/null 2>&1; }
have_image() { docker image inspect "$1" >/dev/null 2>&1; }

if ! answers && [[ -x $STANDINS/engine-up ]]; then
  running=$(cat /var/run/docker.pid 2>/dev/null || true)
  "$STANDINS/engine-up"
  pid=$(cat /var/run/docker.pid 2>/dev/null || true)
  [[ -z ${ENGINE_PID:-} || $pid == "$running" ]] || echo "$pid" >"$ENGINE_PID"
fi
answers || fail "no Docker engine with Compose and Buildx responds: $(docker version 2>&1 | tail -1)"

missing=()
for image in "${base_images[@]}"; do have_image "$image" || missing+=("$image"); done
if ((${#missing[@]})) && [[ -x $STANDINS/standin-images ]]; then
  "$STANDINS/standin-images" "${missing[@]}"
fi
for image in "${missing[@]}"; do
  # A registry may be slow or refuse for a moment, so try three times.
  for try in 1 2 3; do
    have_image "$image" || timeout 900 docker pull --quiet "$image" || { ((try < 3)) || fail "$image is neither here nor available from its registry"; }
  done
done
docker version --format 'Docker {{.Server.Version}}, ready with its base images'
