#!/usr/bin/env bash
# Runs the tests of the last release of API and worker on the schema as it is now, which is what their programs meet
# during a deployment and after a rollback. Arguments go to go test.
set -euo pipefail
cd "$(dirname "$0")/../.."
. ops/ci/lib.sh

work=$(mktemp -d /tmp/fualab-schema.XXXXXX)
trap 'rm -rf "$work"' EXIT

# What the tests make their databases from, and what makes it.
schema=(shared/schema/postgres.sql shared/schema/sqlite.sql api/migrations/platform api/migrations/product)

for service in api worker; do
  # The last one before this commit: a release itself is held to the one before it.
  if ! tag=$(git describe --tags --abbrev=0 --match "$service/v*" HEAD^ 2>/dev/null); then
    echo "schema: $service has no release before this commit"
    continue
  fi
  if git diff --quiet "$tag" -- "${schema[@]}" && [[ -z $(git ls-files --others --exclude-standard -- "${schema[@]}") ]]; then
    echo "schema: it is that of $tag"
    continue
  fi
  echo "schema: the tests of $tag on the schema as it is now"
  mkdir "$work/$service"
  git archive "$tag" | tar -x -C "$work/$service"
  for path in "${schema[@]}"; do
    rm -rf "${work:?}/$service/$path"
    cp -R "$path" "$work/$service/$path"
  done
  # Its migrations' own tests know the migrations that it had.
  packages=$(GOWORK=off go -C "$work/$service/$service" list ./... | grep -v '/migrations$')
  # shellcheck disable=SC2086 # one word a package
  GOWORK=off go -C "$work/$service/$service" test "$@" $packages ||
    fail "$service of $tag does not work on this schema: add first, and take away in a later release"
done
