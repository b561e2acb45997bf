#!/usr/bin/env bash
# Builds what checks infra/ from the Go proxy, at versions pinned here, once a machine (minutes), and prints
# the directories to put before PATH:
#
#   PATH=$(ops/ci/infra-tools.sh):$PATH
#   PATH=$(ops/ci/infra-tools.sh --built):$PATH    fails instead of building; programs in PATH do as well
#
# They are no part of ops/tools/go.mod: what they depend on, SDKs of three clouds among it, would decide versions there.
# Of scanners tfsec is the small one: its rules are complete, and no longer added to; Trivy, where its authors went on,
# requires 473 modules where tfsec requires 138.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

cache=${XDG_CACHE_HOME:-$HOME/.cache}/fualab/tools
only_built=${1:-}
dirs=()

# tool NAME VERSION PACKAGE has a directory of its own a version, so that a raised pin is built.
tool() {
  local dir=$cache/$1@$2 installed
  if [[ ! -x $dir/$1 && $only_built == --built ]]; then
    installed=$(command -v "$1") || exit 1
    dir=${installed%/*}
  elif [[ ! -x $dir/$1 ]]; then
    need go 'https://go.dev/dl, at the version in go.work'
    echo "building $1 $2" >&2
    # Away from the workspace, which would add its own requirements.
    (cd / && GOBIN=$dir GOWORK=off GOFLAGS=-trimpath CGO_ENABLED=0 timeout 3600 go install "$3@$2") >&2 ||
      fail "$1 cannot be built: see above; it needs a Go proxy (go env GOPROXY)"
  fi
  dirs+=("$dir")
}

tool tflint v0.64.0 github.com/terraform-linters/tflint
tool tfsec v1.28.14 github.com/aquasecurity/tfsec/cmd/tfsec

(IFS=: && echo "${dirs[*]}")
