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
if ! started=$(TMPDIR=$dir PYTHONPATH=$PWD/ops/ci/fake-aws PYTHONDONTWRITEBYTECODE=1 "$tools/fake-up" start "$port"); then
  # It waits for half a minute, which a busy machine exceeds; what it has started goes on.
  FAKE_AWS_PID=$(pgrep -f "fake_aws.py -H 127.0.0.1 -p $port" | head -1 || true)
  for ((try = 0; try < 120; try++)); do curl -fsS --max-time 5 "http://127.0.0.1:$port/moto-api/" >/dev/null 2>&1 && break; sleep 1; done
  ((try < 120)) || eval "$started" # says why
  started="export AWS_ENDPOINT_URL=http://127.0.0.1:$port AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 FAKE_AWS_PID=$FAKE_AWS_PID"
fi
eval "$started"
export HTTP_PROXY=$AWS_ENDPOINT_URL NO_PROXY=127.0.0.1
"$@"
