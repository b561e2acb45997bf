# shellcheck shell=bash
# Sourced by .ci/run: sees to a Docker engine with Compose and to the base images that are built on. It leaves
# FUALAB_TEST_DOCKER empty, or "none" where no engine can be had, which it says loudly.
#
# A machine that cannot reach an image registry may bring its own engine and images of the official names, by two
# programs in the directory STANDINS; without it, what Docker has and can fetch is used.
STANDINS=${STANDINS:-../shared/tools/standins}
export FUALAB_TEST_DOCKER=

base_images=(golang:1.26-alpine node:22-alpine caddy:2-alpine gcr.io/distroless/static-debian12:nonroot
  docker/dockerfile:1 postgres:17-alpine redis:8-alpine
  testcontainers/ryuk:0.14.0)

answers() { docker version >/dev/null 2>&1 && docker compose version >/dev/null 2>&1 && docker buildx version >/dev/null 2>&1; }

have_images() {
  local image
  for image in "$@"; do
    docker image inspect "$image" >/dev/null 2>&1 || timeout 300 docker pull --quiet "$image" >/dev/null 2>&1 || return 1
  done
}

# The engine that this starts ends with the script that sources this.
stop_engine() {
  [[ -z ${engine_pid:-} ]] || ! kill "$engine_pid" 2>/dev/null || echo 'the Docker engine that was started here stops'
}

if ! answers && [[ -x $STANDINS/engine-up ]]; then
  running=$(cat /var/run/docker.pid 2>/dev/null || true)
  [[ -n $running ]] && kill -0 "$running" 2>/dev/null || running=
  "$STANDINS/engine-up" || true
  if [[ -z $running ]]; then
    engine_pid=$(cat /var/run/docker.pid 2>/dev/null || true)
    trap stop_engine EXIT
  fi
fi

if ! answers; then
  export FUALAB_TEST_DOCKER=none
  printf '\n%s\n' '!!! NO DOCKER ENGINE with Compose and Buildx answers, and none could be started; docker version says:' >&2
  docker version >&2 || true
else
  if ! have_images "${base_images[@]}" && [[ -x $STANDINS/standin-images ]]; then
    "$STANDINS/standin-images" "${base_images[@]}"
  fi
  have_images "${base_images[@]}" || fail 'a base image is neither here nor to be had from its registry: see above'
  # Where the machine is a container itself, Testcontainers would look for published ports at its gateway.
  [[ ! -x $STANDINS/engine-up ]] || eval "$("$STANDINS/engine-up" --env)"
  docker version --format 'Docker {{.Server.Version}}'
  docker compose version
fi
