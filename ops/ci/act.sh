#!/usr/bin/env bash
# Runs the workflows on this machine by act: build, deploy, smoke test, rollback, release. Conditions, expressions,
# outputs and every task are real, and so are the fake AWS that the tasks talk to and the API that the smoke test meets.
# Stand-ins play the actions, Docker, cosign, gh and Terraform, which `task infra:apply-fake` tries itself.
set -euo pipefail
cd "$(dirname "$0")/../.."
. ops/ci/lib.sh

if ! ops/ci/fake-aws.sh --check || ! have aws; then
  printf '\n!!! act: the workflows were NOT tried: a fake AWS and its command line (aws) are needed, see above\n\n' >&2
  exit 0
fi
# Once more below the fake.
[[ -n ${FAKE_PUBLIC_IP:-} ]] || exec ops/ci/fake-aws.sh "$0"

work=$(mktemp -d /tmp/fualab-act.XXXXXX)
pids=()
cleanup() {
  ((${#pids[@]} == 0)) || kill "${pids[@]}" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

step 'act, a registry, and a repository of its own'
GOWORK=off go -C ops build -modfile=tools/workflows/go.mod -o "$work/act" github.com/nektos/act
mkdir "$work/repo" "$work/bin" "$work/actions"
git ls-files -z --cached --others --exclude-standard | tar -c --null --files-from - | tar -x -C "$work/repo"
go build -o "$work/bin/registry" ./ops/internal/registry
free_port registry_port
registry=127.0.0.1:$registry_port
"$work/bin/registry" serve "$registry" &
pids+=($!)
export NO_PROXY=127.0.0.1,$FAKE_PUBLIC_IP

repo() { git -C "$work/repo" "$@"; }
repo init --quiet --initial-branch=main
repo config user.name act
repo config user.email act@example.com
repo remote add origin https://github.com/fualab/fualab.git
# The gate has workflows and a machine of its own.
cat >"$work/repo/.github/workflows/ci.yml" <<'YAML'
on: workflow_call
jobs:
  ok:
    runs-on: ubuntu-latest
    steps:
      - run: exit 0
YAML
if ! curl -fsS --max-time 10 -o /dev/null https://vuln.go.dev/index/db.json 2>/dev/null; then
  echo '!!! act: the gate of known vulnerabilities is NOT tried: https://vuln.go.dev cannot be reached' >&2
  sed -i '/run: go tool task vuln$/d' "$work/repo/.github/workflows/cd-build.yml"
fi
# Steps run in it: act's own directories have another name each time, and Go would build everything again.
sed -i "s|^permissions: {}\$|&\\n\\ndefaults: {run: {working-directory: $work/repo}}|" "$work"/repo/.github/workflows/*.yml
# commit MESSAGE sets main to it, as a push does.
commit() {
  repo add --all
  repo commit --quiet --message "$1"
  repo update-ref refs/remotes/origin/main HEAD
  sha=$(repo rev-parse HEAD)
}
commit first

# Stand-ins. An action does nothing, but for the checkout, and the login, which tells the registry.
actions=()
while read -r action; do
  dir=$work/actions/${action//\//-}
  mkdir "$dir"
  more= do=true
  case $action in
  aws-actions/amazon-ecr-login@*) more="outputs: {registry: {value: '$registry'}}" ;;
  actions/checkout@*)
    more='inputs: {ref: {default: main}}'
    do="git -C $work/repo checkout --quiet --detach \${{ inputs.ref }}"
    ;;
  esac
  printf 'name: stand-in\n%s\nruns: {using: composite, steps: [{shell: bash, run: "%s"}]}\n' "$more" "$do" >"$dir/action.yml"
  actions+=(--local-repository "$action=$dir")
done < <(sed -nE 's/.*uses: ([^.][^ ]*) #.*/\1/p' .github/workflows/*.yml | sort -u)

stand_in() { # NAME <script
  { printf '#!/usr/bin/env bash\nset -euo pipefail\necho "%s $*" >>%q\n' "$1" "$work/calls"; cat; } >"$work/bin/$1"
  chmod +x "$work/bin/$1"
}
stand_in docker <<'SH'
[[ $1 == buildx ]]
while (($#)); do
  case $1 in
  --build-arg) [[ $2 != VERSION=* ]] || version=${2#VERSION=}; shift ;;
  --output) repository=${2#*name=} repository=${repository%%,*}; shift ;;
  --metadata-file) metadata=$2; shift ;;
  esac
  shift
done
printf '{"containerimage.digest":"%s"}' "$(registry push "$repository" "$version")" >"$metadata"
SH
stand_in cosign <<SH
image=\${!#}
case \$1 in
sign) echo "\$image" >>$work/signed ;;
verify) grep -qxF "\$image" $work/signed || { echo "\$image is not signed" >&2; exit 1; } ;;
esac
SH
stand_in gh </dev/null
stand_in terraform <<SH
case "\$*" in
*' init '*) ;;
apply*)
  aws ecs create-cluster --cluster-name fualab-dev >/dev/null
  aws ecs register-task-definition --family fualab-dev-migrate --network-mode awsvpc --requires-compatibilities FARGATE \
    --cpu 256 --memory 512 --container-definitions '[{"name":"migrate","image":"migrate","essential":true}]' \
    --query taskDefinition.taskDefinitionArn --output text >$work/definition
  ;;
output*)
  subnet=\$(aws ec2 describe-subnets --query 'Subnets[0].SubnetId' --output text)
  group=\$(aws ec2 describe-security-groups --query 'SecurityGroups[0].GroupId' --output text)
  cat <<JSON
{"cluster":{"value":"fualab-dev"},"ingress":{"value":"alb"},"url":{"value":"http://$FAKE_PUBLIC_IP:8000"},"services":{"value":{}},
 "task_definitions":{"value":{}},"migrate":{"value":{"task_definition":"\$(<$work/definition)","subnets":["\$subnet"],
 "security_group":"\$group","log_group":"/fualab/dev/migrate"}}}
JSON
  ;;
esac
SH
export PATH=$work/bin:$PATH

# run EVENT WORKFLOW JSON
run() {
  echo "$3" >"$work/event.json"
  local settings=() name
  for name in PATH HOME GOCACHE GOMODCACHE GOPROXY GOFLAGS GONOSUMDB GOSUMDB NO_PROXY HTTP_PROXY \
    "${!AWS_@}" FAKE_PUBLIC_IP; do
    [[ -z ${!name:-} ]] || settings+=(--env "$name=${!name}")
  done
  repo checkout --quiet main
  (cd "$work/repo" && HTTP_PROXY='' "$work/act" "$1" --workflows ".github/workflows/$2" --eventpath "$work/event.json" \
    --platform ubuntu-latest=-self-hosted --no-skip-checkout --pull=false --no-cache-server --action-offline-mode "${actions[@]}" "${settings[@]}" \
    --secret GITHUB_TOKEN=none --var AWS_REGION=us-east-1 --var AWS_STATE_BUCKET=state --var AWS_BUILD_ROLE=build \
    --var AWS_DEPLOY_ROLE=deploy --var AWS_RELEASE_ROLE=release) >"$work/log" 2>&1
}
passes() { run "$@" || { cat "$work/log" >&2; fail "$2 failed"; }; }
runs() {
  local found
  found=$(aws ssm get-parameter --name /fualab/dev/release/current --query Parameter.Value --output text)
  [[ $found == *"\"release\":\"$1\""* ]] || fail "$1 should run, the record says $found"
  echo "dev runs $1"
}
built() { # REPOSITORY CONCLUSION
  printf '{"workflow_run":{"conclusion":"%s","event":"push","head_branch":"main","head_sha":"%s","head_repository":{"full_name":"%s"}}}' "$2" "$sha" "$1"
}

step 'cd-build of a push to main'
first=main-$sha
passes push cd-build.yml '{"ref":"refs/heads/main"}'
grep -c '^docker buildx' "$work/calls" | grep -qx 2 || fail 'two images should have been built'

step 'a stack before its first release, and an API that answers as the first build'
for name in current previous; do
  aws ssm put-parameter --name "/fualab/dev/release/$name" --type String --value '{}' >/dev/null
done
aws ssm put-parameter --name /fualab/dev/smoke-token --type SecureString --value unset >/dev/null
curl -fsS -o /dev/null -X POST "$AWS_ENDPOINT_URL/moto-api/state-manager/set-transition" \
  -d '{"model_name":"ecs::task","transition":{"progression":"manual","times":1}}'
go build -buildvcs=false -ldflags "-X github.com/fualab/fualab/shared/version.Version=main-$sha" -o "$work/local" ./ops/local
FUALAB_API_ADDR=$FAKE_PUBLIC_IP:8000 FUALAB_WORKER_ADDR=127.0.0.1:0 FUALAB_FRONTEND_ADDR=127.0.0.1:0 FUALAB_BUILD_CLIENT=false \
  FUALAB_DATA_DIR=$work/data "$work/local" >"$work/local.log" 2>&1 &
pids+=($!)
for _ in {1..300}; do
  ! curl -fsS --noproxy '*' -m 2 -o /dev/null "http://$FAKE_PUBLIC_IP:8000/health" 2>/dev/null || break
  kill -0 "${pids[-1]}" 2>/dev/null || { cat "$work/local.log" >&2; fail 'the API did not start'; }
  sleep 0.2
done

step 'cd-deploy after builds that are none of its business'
for event in "$(built stranger/fualab success)" "$(built fualab/fualab failure)"; do
  passes workflow_run cd-deploy.yml "$event"
  ! grep -q '^terraform' "$work/calls" || fail "it was deployed: $event"
done

step 'cd-deploy of what was built'
passes workflow_run cd-deploy.yml "$(built fualab/fualab success)"
runs "$first"

step 'a change of the worker: one image is built, and deployed'
repo checkout --quiet main
echo '# changed' >>"$work/repo/worker/Dockerfile"
commit second
second=main-$sha
passes push cd-build.yml '{"ref":"refs/heads/main"}'
grep -c '^docker buildx' "$work/calls" | grep -qx 3 || fail 'one image more should have been built'
[[ $(registry digest "$registry/fualab/api:$first") == "$(registry digest "$registry/fualab/api:$second")" ]] ||
  fail 'the API has not changed, and has another image'
passes workflow_run cd-deploy.yml "$(built fualab/fualab success)"
runs "$second"

step 'the build of the first commit ends late: nothing goes back'
later=$sha sha=${first#main-}
if run workflow_run cd-deploy.yml "$(built fualab/fualab success)"; then fail 'an older release was deployed'; fi
grep -q 'run the workflow rollback' "$work/log" || { cat "$work/log" >&2; fail 'it does not say why'; }
runs "$second"
sha=$later

step 'rollback'
passes workflow_dispatch rollback.yml '{"ref":"refs/heads/main","inputs":{"environment":"dev","release":""}}'
runs "$first"

step 'an image that nobody signed'
: >"$work/signed"
if run workflow_dispatch cd-deploy.yml '{"ref":"refs/heads/main","inputs":{"environment":"dev","release":"'"$second"'"}}'; then
  fail 'it was deployed'
fi
grep -q 'is not signed by cd-build on main' "$work/log" || { cat "$work/log" >&2; fail 'it does not say why'; }
runs "$first"

step 'passed'
