# shellcheck shell=bash
# Sourced by apply-fake.sh: the courses of a deployment, with real Terraform on the fake AWS. The smoke test uses the
# real API, started here. The names of images select faults: ECS takes "broken" ones back, "failing" ones do not
# migrate, "nowhere" has no task.

stack terraform-ecs dev
secret=swordfish-$RANDOM$RANDOM
TF_VAR_database_url="postgresql://fualab:$secret@db.example.com/fualab?sslmode=verify-full" settled terraform-ecs -var-file=dev.tfvars
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
ecr = boto3.client('ecr')
def image(repository):
    repository = 'fualab/' + repository
    try:
        ecr.create_repository(repositoryName=repository)
    except ecr.exceptions.RepositoryAlreadyExistsException:
        pass
    manifest = json.dumps(dict(schemaVersion=2, mediaType='application/vnd.oci.image.index.v1+json', manifests=[], annotations=dict(number=number)))
    put = ecr.put_image(repositoryName=repository, imageTag='main-' + name, imageManifest=manifest, imageManifestMediaType='application/vnd.oci.image.index.v1+json')
    return '123456789012.dkr.ecr.us-east-1.amazonaws.com/%s@%s' % (repository, put['image']['imageId']['imageDigest'])
record = dict(release=name, commit=name, version=version, images=dict(api=image(api), worker=image('worker')))
boto3.client('ssm').put_parameter(Name='/fualab/releases/' + name, Value=json.dumps(record), Type='String', Overwrite=True)
PY
}
running() { python3 -c 'import boto3,json; print(json.loads(boto3.client("ssm").get_parameter(Name="/fualab/dev/release/current")["Parameter"]["Value"]).get("release"))'; }
# kept RELEASE requires the tag of the environment on the images of RELEASE.
kept() {
  python3 - "$1" <<'PY'
import boto3, sys
for repository in ('fualab/api', 'fualab/worker'):
    got = boto3.client('ecr').describe_images(repositoryName=repository, imageIds=[dict(imageTag='env-dev-current')])['imageDetails']
    assert 'main-' + sys.argv[1] in got[0]['imageTags'], f'{repository}: env-dev-current is {got}'
PY
}
runs() { [[ $(running) == "$1" ]] || fail "$1 should be on record, $(running) is"; }
# verified RELEASE writes the record of release:verify, for images that no fake has signed.
verified() {
  python3 - "$1" >"$work/verified.json" <<'PY'
import boto3, json, sys
record = json.loads(boto3.client('ssm').get_parameter(Name='/fualab/releases/' + sys.argv[1])['Parameter']['Value'])
print(json.dumps(record | dict(verified='fualab/fualab')))
PY
}
# deploy COMMAND RELEASE
deploy() {
  verified "$2"
  "$work/deploy" "$1" -env dev -stack "$work/infra/terraform-ecs" -record "$work/verified.json" >"$work/deploy.log" 2>&1
}
says() { grep -qF -- "$1" "$work/deploy.log" || { cat "$work/deploy.log" >&2; fail "the deployment does not say: $1"; }; }
nothing_to_plan() { tf terraform-ecs plan -detailed-exitcode -input=false -var-file=dev.tfvars || fail "$1 leaves something to plan"; }
# fails TEXT COMMAND… requires a deployment that fails with 1 and prints TEXT.
fails() {
  local text=$1 code=0
  shift
  deploy "$@" || code=$?
  ((code == 1)) || { cat "$work/deploy.log" >&2; fail "$* should have failed with 1, not $code"; }
  says "$text"
}
# taken_back TEXT COMMAND… also requires that the former release is on record, and runs.
taken_back() {
  local before
  before=$(running)
  fails "$@"
  says "✓ putting $before back"
  runs "$before"
  nothing_to_plan "${*:2}"
}
succeeds() { deploy "$@" || { cat "$work/deploy.log" >&2; fail "$* should have succeeded"; }; }
# interrupted SIGNAL STEP COMMAND… sends the program a signal as soon as it prints STEP.
interrupted() {
  local signal=$1 at=$2 pid
  shift 2
  verified "$2"
  "$work/deploy" "$1" -env dev -stack "$work/infra/terraform-ecs" -record "$work/verified.json" >"$work/deploy.log" 2>&1 &
  pid=$!
  until grep -qF -- "$at" "$work/deploy.log"; do
    kill -0 "$pid" 2>/dev/null || { cat "$work/deploy.log" >&2; fail "$* has ended before: $at"; }
    sleep 0.1
  done
  kill -s "$signal" "$pid"
  if wait "$pid"; then fail "$* should not have succeeded"; fi
}

go build -o "$work/deploy" ./infra/deploy
go build -buildvcs=false -o "$work/local" ./ops/local
FUALAB_AUTH=off FUALAB_API_ADDR=$FAKE_PUBLIC_IP:8000 FUALAB_WORKER_ADDR=127.0.0.1:0 FUALAB_FRONTEND_ADDR=127.0.0.1:0 FUALAB_BUILD_CLIENT=false \
  FUALAB_DATA_DIR=$work/data env -u FUALAB_TEST_REQUIRE_AWS "$work/local" >"$work/local.log" 2>&1 &
local_pid=$!
until version=$(curl -fsS -m 2 "http://$FAKE_PUBLIC_IP:8000/health" 2>/dev/null | python3 -c 'import json,sys; print(json.load(sys.stdin)["version"])' 2>/dev/null); do
  kill -0 "$local_pid" 2>/dev/null || { cat "$work/local.log" >&2; fail 'the API did not start'; }
  sleep 0.5
done
# Tasks of the fake, such as migrations, end when they are described.
curl -fsS -o /dev/null -X POST "$AWS_ENDPOINT_URL/moto-api/state-manager/set-transition" \
  -d '{"model_name":"ecs::task","transition":{"progression":"manual","times":1}}'

put_release one "$version" 1 api
put_release two "$version" 2 api
put_release broken "$version" 3 api-broken
put_release other "another-version" 4 api
put_release failing "$version" 5 api-failing
put_release nowhere "$version" 6 api-nowhere

step 'the first release'
succeeds deploy one
grep -E '^(dev|→|✓)' "$work/deploy.log"
runs one
step 'the second release, and nothing to plan after it'
succeeds deploy two
runs two
kept two
nothing_to_plan 'a release'
# gone_wrong runs each failure of a deployment, with release two before and after it.
gone_wrong() {
  step 'a bad image: ECS takes it back, and so does the program'
  taken_back 'waiting for ECS Service' deploy broken
  step 'a migration that fails: its last lines, and the services were not touched'
  taken_back 'migration: task' deploy failing
  says '| migration 0042: the column is still read'
  if grep -qF '→ services' "$work/deploy.log"; then fail 'the services were moved without their migration'; fi
  step 'no address: a failure, not a step that is skipped'
  taken_back 'no task of the API runs, so there is no address' deploy nowhere
  step 'a smoke test that fails: another version answers'
  taken_back 'instead of "another-version"' deploy other

  step 'a lock that is lost to somebody else: nothing is changed'
  lock() { python3 -c 'import boto3,json,sys; o=boto3.resource("s3").Object(sys.argv[1],"dev/terraform.tfstate.tflock"); o.put(Body=json.dumps(dict(ID=sys.argv[2],Operation="OperationTypeApply",Who="somebody",Created="2026-01-01T00:00:00Z"))) if sys.argv[2] else o.delete()' "$bucket" "$1"; }
  lock 00000000-0000-0000-0000-000000000000
  fails 'Error acquiring the state lock' deploy one
  lock ''
  runs two
  nothing_to_plan 'a deployment without the lock'

  step 'interrupted half-way, and run again'
  interrupted TERM '→ services' deploy one
  says '✓ putting two back'
  runs two
  nothing_to_plan 'an interruption'
  succeeds deploy one
  runs one
  step 'killed half-way, and run again'
  interrupted KILL '→ smoke test' deploy other
  runs one
  succeeds deploy two
  runs two
  nothing_to_plan 'a deployment after one that was killed'
}
[[ -n $brief ]] || gone_wrong

step 'rollback'
began=$SECONDS
succeeds rollback one
runs one
kept one
((SECONDS - began < 300)) || fail "a rollback took $((SECONDS - began)) s, of 300"
step 'destroy'
kill "$local_pid"
python3 - <<'PY'
import boto3
ecr = boto3.client('ecr')
for repository in (r['repositoryName'] for r in ecr.describe_repositories()['repositories']):
    images = ecr.list_images(repositoryName=repository)['imageIds']
    if images:
        ecr.batch_delete_image(repositoryName=repository, imageIds=[dict(imageDigest=i['imageDigest']) for i in images])
    if repository not in ('fualab/api', 'fualab/worker'): # those are the stack's
        ecr.delete_repository(repositoryName=repository)
PY
tf terraform-ecs destroy -auto-approve -input=false -var-file=dev.tfvars
for name in one two broken other failing nowhere; do aws_api ssm delete_parameter "{\"Name\":\"/fualab/releases/$name\"}" >/dev/null; done
gone "${bootstrapped[@]}"
