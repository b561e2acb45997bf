#!/usr/bin/env bash
# Runs a command with a fake AWS on loopback behind AWS_ENDPOINT_URL, and leaves nothing of it behind:
#
#   ops/ci/fake-aws.sh aws s3 ls
#   ops/ci/fake-aws.sh --check     whether it can be had; says why not
#
# The command finds credentials and a region, HTTP_PROXY for buckets, whose names stand in the host's, and in
# FAKE_PUBLIC_IP the public address of every task: one of loopback, on which a test may serve what a task would.
# The fake is moto, with what ../shared/tools/aws and fake-aws/ add to it.
set -euo pipefail
cd "$(dirname "$0")/../.."
. ops/ci/lib.sh

tools=../shared/tools/aws
(($#)) || fail "usage: $0 --check | command [argument …]"
[[ -x $tools/fake-up ]] || fail "there is no $tools/fake-up"
need python3 'python.org, or apt-get install python3'
python3 -c 'import moto, boto3' 2>/dev/null || fail "python3 has no moto: pip install 'moto[server]'"
[[ $1 != --check ]] || exit 0

dir=$(mktemp -d /tmp/fualab-fake-aws.XXXXXX)
FAKE_AWS_PID=
cleanup() {
  [[ -z $FAKE_AWS_PID ]] || kill "$FAKE_AWS_PID" 2>/dev/null || true
  rm -rf "$dir"
}
trap cleanup EXIT

# Nothing of a real account reaches the command.
unset "${!AWS_@}"
export FAKE_PUBLIC_IP=127.77.$((RANDOM % 250)).$((RANDOM % 250 + 1)) # of this run alone, for port 8000
free_port port
eval "$(TMPDIR=$dir PYTHONPATH=$PWD/ops/ci/fake-aws PYTHONDONTWRITEBYTECODE=1 "$tools/fake-up" start "$port")"
export HTTP_PROXY=$AWS_ENDPOINT_URL NO_PROXY=127.0.0.1
"$@"
