#!/usr/bin/env bash
# Tests the deploy program on a fake AWS, without Terraform: after each failure of a release the former release runs
# again. It tests the fake itself first. With FUALAB_TEST_REQUIRE_AWS=1 a missing fake is a failure.
set -euo pipefail
cd "$(dirname "$0")/../../.."
. ops/ci/lib.sh

if ! why=$(ops/lab/fakeaws/run --check 2>&1); then
  printf '\n!!! infra: deployments on a fake AWS were NOT tried: %s\n\n' "$why" >&2
  [[ ${FUALAB_TEST_REQUIRE_AWS:-} != 1 ]] || exit 1
  exit 0
fi
echo 'the fake AWS'
ops/lab/fakeaws/run --test
echo 'deployments on a fake AWS, without Terraform'
ops/lab/fakeaws/run go test -count=1 -run OnFakeAWS ./infra/deploy
