#!/usr/bin/env bash
# Builds the tools that check infra/ from the Go proxy, at the versions pinned here, once per machine (minutes), and
# prints the directories to put before PATH:
#
#   PATH=$(ops/ci/infra-tools.sh):$PATH
#   PATH=$(ops/ci/infra-tools.sh --built):$PATH    fails instead of building; programs in PATH are accepted too
#
# They are not in ops/tools/go.mod, because their dependencies, among them SDKs of three clouds, would change versions
# there. tfsec is the smallest scanner: its rules are complete and no longer extended. Trivy, its successor, requires
# 473 modules, tfsec 138.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

cache=${XDG_CACHE_HOME:-$HOME/.cache}/fualab/tools
only_built=${1:-}
dirs=()

# tool NAME VERSION PACKAGE uses one directory per version, so a raised pin is built.
tool() {
  local dir=$cache/$1@$2 installed
  if [[ ! -x $dir/$1 && $only_built == --built ]]; then
    installed=$(command -v "$1") || exit 1
    dir=${installed%/*}
  elif [[ ! -x $dir/$1 ]]; then
    need go 'https://go.dev/dl, at the version in go.work'
    echo "building $1 $2" >&2
    # Outside the workspace, which would add its own requirements.
    (cd / && GOBIN=$dir GOWORK=off GOFLAGS=-trimpath CGO_ENABLED=0 timeout 3600 go install "$3@$2") >&2 ||
      fail "$1 cannot be built: see above; it needs a Go proxy (go env GOPROXY)"
  fi
  dirs+=("$dir")
}

tool tflint v0.64.0 github.com/terraform-linters/tflint
tool tfsec v1.28.14 github.com/aquasecurity/tfsec/cmd/tfsec

(IFS=: && echo "${dirs[*]}")
