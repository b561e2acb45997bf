#!/usr/bin/env bash
# Runs golangci-lint, at the version in ops/tools/go.mod, once on all modules of go.work, or on the named ones:
#
#   ops/ci/lint.sh run
#   ops/ci/lint.sh fmt --diff api worker
set -euo pipefail
cd "$(dirname "$0")/../.."

# `go tool` accepts another go.mod only outside the workspace, so find the program's path there and run it here.
lint=$(GOWORK=off go -C ops tool -modfile=tools/go.mod -n golangci-lint)
command=$1
shift
flags=()
while [[ ${1:-} == -* ]]; do
  flags+=("$1")
  shift
done
modules=("$@")
((${#modules[@]})) || mapfile -t modules < <(go list -m -f '{{.Dir}}')
packages=("${modules[@]/#"$PWD"\//}")
# fmt takes files and directories, run takes patterns of packages.
[[ $command == fmt ]] || packages=("${packages[@]/%//...}")
packages=("${packages[@]/#/./}")
exec "$lint" "$command" "${flags[@]}" "${packages[@]}"
