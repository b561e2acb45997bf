# shellcheck shell=bash
# Sourced by infra-fake.sh: the ways that a deployment goes, with real Terraform on the fake AWS. The API that the smoke
# test meets is the real one, started here.

stack terraform-ecs dev
secret=swordfish-$RANDOM$RANDOM
TF_VAR_database_url="postgresql://fualab:$secret@db.example.com/fualab?sslmode=require" settled terraform-ecs -var-file=dev.tfvars
python3 - "$bucket" "$secret" <<'PY'
import boto3, sys
state = boto3.client('s3').get_object(Bucket=sys.argv[1], Key='dev/terraform.tfstate')['Body'].read().decode()
assert 'FUALAB_DATABASE_URL' in state and sys.argv[2] not in state, 'the state has the secret'
url = boto3.client('ssm').get_parameter(Name='/fualab/dev/FUALAB_DATABASE_URL', WithDecryption=True)['Parameter']['Value']
assert sys.argv[2] in url, 'the parameter has not the secret'
PY

# put_release NAME VERSION NUMBER API-REPOSITORY
put_release() {
  python3 - "$@" <<'PY'
import boto3, json, sys
name, version, number, api = sys.argv[1:]
image = lambda repository: '123456789012.dkr.ecr.us-east-1.amazonaws.com/fualab/%s@sha256:%064d' % (repository, int(number))
record = dict(release=name, commit=name, version=version, images=dict(api=image(api), worker=image('worker')))
boto3.client('ssm').put_parameter(Name='/fualab/releases/' + name, Value=json.dumps(record), Type='String', Overwrite=True)
PY
}
running() { python3 -c 'import boto3,json; print(json.loads(boto3.client("ssm").get_parameter(Name="/fualab/dev/release/current")["Parameter"]["Value"]).get("release"))'; }
runs() { [[ $(running) == "$1" ]] || fail "$1 should be on record, $(running) is"; }
deploy() { "$work/deploy" "$1" -env dev -stack "$work/infra/terraform-ecs" "${@:2}" >"$work/deploy.log" 2>&1; }
# fails TEXT COMMAND… wants a deployment that fails, says TEXT, and leaves on record what was.
fails() {
  local text=$1
  shift
  if deploy "$@"; then cat "$work/deploy.log" >&2; fail "$* should have failed"; fi
  grep -qF -- "$text" "$work/deploy.log" || { cat "$work/deploy.log" >&2; fail "$* does not say: $text"; }
  tf terraform-ecs plan -detailed-exitcode -input=false -var-file=dev.tfvars || fail "$* left something to plan"
}

go build -o "$work/deploy" ./infra/deploy
go build -buildvcs=false -o "$work/local" ./ops/local
FUALAB_API_ADDR=$FAKE_PUBLIC_IP:8000 FUALAB_WORKER_ADDR=127.0.0.1:0 FUALAB_FRONTEND_ADDR=127.0.0.1:0 FUALAB_BUILD_CLIENT=false \
  FUALAB_DATA_DIR=$work/data env -u FUALAB_TEST_REQUIRE_AWS "$work/local" >"$work/local.log" 2>&1 &
local_pid=$!
until version=$(curl -fsS -m 2 "http://$FAKE_PUBLIC_IP:8000/health" 2>/dev/null | python3 -c 'import json,sys; print(json.load(sys.stdin)["version"])' 2>/dev/null); do
  kill -0 "$local_pid" 2>/dev/null || { cat "$work/local.log" >&2; fail 'the API did not start'; }
  sleep 0.5
done
# Tasks of the fake end when they are looked at, as migrations do.
curl -fsS -o /dev/null -X POST "$AWS_ENDPOINT_URL/moto-api/state-manager/set-transition" \
  -d '{"model_name":"ecs::task","transition":{"progression":"manual","times":1}}'

put_release one "$version" 1 api
put_release two "$version" 2 api
put_release three "$version" 3 api-broken
put_release four "another-version" 4 api

step 'the first release'
deploy deploy -release one || { cat "$work/deploy.log" >&2; fail 'the first release'; }
grep -E '^(dev|→|✓)' "$work/deploy.log"
runs one
step 'the second release, and nothing to plan after it'
deploy deploy -release two || { cat "$work/deploy.log" >&2; fail 'the second release'; }
runs two
tf terraform-ecs plan -detailed-exitcode -input=false -var-file=dev.tfvars || fail 'a release leaves something to plan'
step 'a bad image: ECS takes it back, and so does the program'
fails 'waiting for ECS Service' deploy -release three
runs two
step 'another version answers'
fails 'instead of "another-version"' deploy -release four
runs two
step 'rollback'
deploy rollback || { cat "$work/deploy.log" >&2; fail rollback; }
runs one
step 'destroy'
kill "$local_pid"
tf terraform-ecs destroy -auto-approve -input=false -var-file=dev.tfvars
for name in one two three four; do aws_api ssm delete_parameter "{\"Name\":\"/fualab/releases/$name\"}" >/dev/null; done
gone
