#!/usr/bin/env bash
# Runs the tests of the last release of API and worker on the present schema. Their programs meet this schema during a
# deployment and after a rollback. Arguments go to go test.
set -euo pipefail
cd "$(dirname "$0")/../.."
. ops/ci/lib.sh

work=$(mktemp -d /tmp/fualab-schema.XXXXXX)
trap 'rm -rf "$work"' EXIT

# The files from which the tests create their databases.
schema=(shared/schema/postgres.sql shared/schema/sqlite.sql api/migrations/platform api/migrations/product)

for service in api worker; do
  # The last release before this commit: a release itself is compared with the previous one.
  if ! tag=$(git describe --tags --abbrev=0 --match "$service/v*" HEAD^ 2>/dev/null); then
    echo "schema: $service has no release before this commit"
    continue
  fi
  if git diff --quiet "$tag" -- "${schema[@]}" && [[ -z $(git ls-files --others --exclude-standard -- "${schema[@]}") ]]; then
    echo "schema: it equals that of $tag"
    continue
  fi
  echo "schema: the tests of $tag on the present schema"
  mkdir "$work/$service"
  git archive "$tag" | tar -x -C "$work/$service"
  for path in "${schema[@]}"; do
    rm -rf "${work:?}/$service/$path"
    cp -R "$path" "$work/$service/$path"
  done
  # The tests of its migrations know only the migrations of that release.
  packages=$(GOWORK=off go -C "$work/$service/$service" list ./... | grep -v '/migrations$')
  # shellcheck disable=SC2086 # one word per package
  GOWORK=off go -C "$work/$service/$service" test "$@" $packages ||
    fail "$service of $tag does not work on this schema: only add to it now, and remove in a later release"
done
