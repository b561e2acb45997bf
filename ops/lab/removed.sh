#!/usr/bin/env bash
# Deletes the laboratory from a copy of the repository, as a product may, and proves that the rest builds, vets, lints,
# passes `go test work`, and lists its tasks.
set -euo pipefail
cd "$(dirname "$0")/../.."
copy=$(mktemp -d "${TMPDIR:-/tmp}/fualab-removed.XXXXXX")
trap 'rm -rf "$copy"' EXIT
git ls-files -z --cached --others --exclude-standard | tar -c --null --ignore-failed-read --files-from - | tar -x -C "$copy"
cd "$copy"
git init --quiet # the tasks list files by git
rm -rf ops/lab .ci/lab
go work edit -dropuse=./ops/lab
if grep -rn 'ops/lab/' --include='*.go' --include='*.sh' . ; then
  echo 'code outside of the laboratory names a file of it' >&2
  exit 1
fi
go build -buildvcs=false -o /dev/null ./api/... ./worker/... ./shared/... ./infra/deploy/... ./ops/...
task=$(go tool -n task)
"$task" vet
"$task" lint
"$task" alone
"$task" test
"$task" --list >/dev/null
echo 'without the laboratory: built, vetted, linted and tested'
