#!/usr/bin/env bash
# Pins base images by digest: a tag can move, and the image behind it is built into the released images.
#
#   ops/ci/pins.sh check    names the images without a digest, and fails if there are any
#   ops/ci/pins.sh pin      asks the registries for the digests and writes them into the files; needs Docker's Buildx
#
# Dependabot knows the form name:tag@sha256:… and moves both together.
set -euo pipefail
cd "$(dirname "$0")/../.."
. ops/ci/lib.sh

files=(api/Dockerfile worker/Dockerfile frontend/Dockerfile docker-compose.yml docker-compose.observability.yml)

# unpinned lists the images of a registry without a digest, except stages and images that are built here.
unpinned() {
  {
    sed -nE 's/^FROM (--platform=[^ ]+ )?([^ ]+[:/][^ ]+)( AS .*)?$/\2/p; s/^# syntax=(.*)/\1/p' "${files[@]:0:3}"
    sed -nE 's/^ +image: ([^$ ]+)$/\1/p' "${files[@]:3}" | grep -v ^fualab/
  } | grep -v @sha256: | sort -u
}

case ${1:-} in
check)
  images=$(unpinned || true)
  [[ -z $images ]] || fail "these images have no digest, so another one may be built into ours tomorrow: ${images//$'\n'/, }: go tool task images:pin"
  echo 'every base image is pinned by its digest'
  ;;
pin)
  need docker 'install Docker Engine or Docker Desktop from https://docs.docker.com/get-docker'
  for image in $(unpinned || true); do
    digest=$(docker buildx imagetools inspect --format '{{.Manifest.Digest}}' "$image")
    [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || fail "the registry of $image returned no digest, but: $digest"
    sed -i.old -E "s#(^FROM (--platform=[^ ]+ )?|^\# syntax=|^ +image: )${image//./\\.}( |\$)#\1$image@$digest\3#" "${files[@]}"
    echo "$image@$digest"
  done
  rm -f "${files[@]/%/.old}"
  ;;
*) fail "usage: $0 check|pin" ;;
esac
