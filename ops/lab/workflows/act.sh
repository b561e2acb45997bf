#!/usr/bin/env bash
# Runs the workflows on this machine by act: build, deploy, smoke test, rollback, release. Conditions, expressions and
# outputs are real. So are the tasks of build, deployment and release, the fake AWS behind them, and the API of the
# smoke test. Stand-ins replace the actions, Docker, cosign, gh, and Terraform, which `task infra:apply-fake` runs
# itself. The tasks of ci and of the modules' workflows, an hour of tests, are only recorded.
set -euo pipefail
cd "$(dirname "$0")/../../.."
. ops/ci/lib.sh

if ! ops/lab/fakeaws/run --check || ! have aws; then
  printf '\n!!! act: the workflows were NOT tried: a fake AWS and its command line (aws) are needed, see above\n\n' >&2
  exit 0
fi
# Start this script again below the fake.
[[ -n ${FAKE_PUBLIC_IP:-} ]] || exec ops/lab/fakeaws/run ops/lab/workflows/act.sh
# The API of this run has a separate database.
unset "${!FUALAB_@}"

work=$(mktemp -d /tmp/fualab-act.XXXXXX)
pids=()
cleanup() {
  if ((${#pids[@]} > 0)); then
    kill "${pids[@]}" 2>/dev/null || true
    wait "${pids[@]}" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap cleanup EXIT

step 'act, a registry, and a separate repository'
GOWORK=off go -C ops build -modfile=lab/tools/act/go.mod -o "$work/act" github.com/nektos/act
mkdir "$work/repo" "$work/bin" "$work/actions"
git ls-files -z --cached --others --exclude-standard | tar -c --null --files-from - | tar -x -C "$work/repo"
go build -o "$work/bin/registry" ./ops/lab/registry
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
# Steps run in it: act's own directories have another name each time, so Go would build everything again.
sed -i "s|^permissions: {}\$|&\\n\\ndefaults: {run: {working-directory: $work/repo}}|" "$work"/repo/.github/workflows/*.yml
# commit MESSAGE sets main to it, as a push does.
commit() {
  repo add --all
  repo commit --quiet --message "$1"
  repo update-ref refs/remotes/origin/main HEAD
  sha=$(repo rev-parse HEAD)
}
commit first

# Stand-ins. An action does nothing, except for the checkout, and for the login, which returns the registry.
actions=()
while read -r action; do
  dir=$work/actions/${action//\//-}
  mkdir "$dir"
  more= do=true
  case $action in
  aws-actions/amazon-ecr-login@*) more="outputs: {registry: {value: '$registry'}}" ;;
  actions/checkout@*)
    more='inputs: {ref: {default: ""}}'
    do="git -C $work/repo checkout --quiet --detach \${{ inputs.ref || github.ref_name }}"
    ;;
  esac
  printf 'name: stand-in\n%s\nruns: {using: composite, steps: [{shell: bash, run: "%s"}]}\n' "$more" "$do" >"$dir/action.yml"
  actions+=(--local-repository "$action=$dir")
done < <(sed -nE 's/.*uses: ([^.][^ ]*) #.*/\1/p' .github/workflows/*.yml | sort -u)

stand_in() { # NAME <script
  { printf '#!/usr/bin/env bash\nset -euo pipefail\necho "%s $*" >>%q\n' "$1" "$work/calls"; cat; } >"$work/bin/$1"
  chmod +x "$work/bin/$1"
}
stand_in go <<SH
if [[ "\${1:-} \${2:-}" == 'tool task' && ! \$3 =~ ^(release|infra:init|deploy|rollback|contract:release)(:|\$) ]]; then
  [[ ! -e $work/failing ]] || ! grep -qxF "\$3" $work/failing || { echo "\$3 fails"; exit 1; }
  exit 0
fi
exec $(command -v go) "\$@"
SH
stand_in docker <<'SH'
[[ $1 == buildx ]]
while (($#)); do
  case $1 in
  --build-arg)
    case $2 in VERSION=*) version=${2#VERSION=} ;; COMMIT=*) commit=${2#COMMIT=} ;; esac
    shift
    ;;
  --output) repository=${2#*name=} repository=${repository%%,*}; shift ;;
  --metadata-file) metadata=$2; shift ;;
  esac
  shift
done
digest=$(registry push "$repository" "$version")
printf '{"containerimage.digest":"%s"}' "$digest" >"$metadata"
# The attestation of the real action, as gh prints it.
echo "oci://$repository@$digest $repository@$commit" >>"${0%/*}/../attested"
SH
stand_in cosign <<SH
image=\${!#}
case \$1 in
sign) echo "\$image" >>$work/signed ;;
verify) grep -qxF "\$image" $work/signed || { echo "\$image is not signed" >&2; exit 1; } ;;
esac
SH
stand_in gh <<'SH'
[[ $1 != attestation ]] || grep -F "$3 " "${0%/*}/../attested" | cut -d' ' -f2
SH
stand_in terraform <<SH
case "\$*" in
*' init '*|plan*) ;;
show*) echo '{}' ;;
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
{"cluster":{"value":"fualab-dev"},"ingress":{"value":"alb"},"url":{"value":"http://$FAKE_PUBLIC_IP:8000"},"services":{"value":{}},"web_client":{"value":null},
 "task_definitions":{"value":{}},"migrate":{"value":{"task_definition":"\$(<$work/definition)","subnets":["\$subnet"],
 "security_group":"\$group","log_group":"/fualab/dev/migrate"}}}
JSON
  ;;
esac
SH
export PATH=$work/bin:$PATH

with_aws=(--var AWS_REGION=us-east-1 --var AWS_STATE_BUCKET=state --var AWS_BUILD_ROLE=build
  --var AWS_DEPLOY_ROLE=deploy --var AWS_RELEASE_ROLE=release)
variables=("${with_aws[@]}")
# run EVENT WORKFLOW JSON
run() {
  echo "$3" >"$work/event.json"
  local settings=() name
  for name in PATH HOME GOCACHE GOMODCACHE GOPROXY GOFLAGS GONOSUMDB GOSUMDB NO_PROXY HTTP_PROXY \
    "${!AWS_@}" FAKE_PUBLIC_IP; do
    [[ -z ${!name:-} ]] || settings+=(--env "$name=${!name}")
  done
  repo checkout --quiet main
  (cd "$work/repo" && HTTP_PROXY='' timeout 900 "$work/act" "$1" --workflows ".github/workflows/$2" --eventpath "$work/event.json" \
    --platform ubuntu-latest=-self-hosted --concurrent-jobs 1 --no-skip-checkout --pull=false --no-cache-server --action-offline-mode "${actions[@]}" "${settings[@]}" \
    --secret GITHUB_TOKEN=none ${variables[@]+"${variables[@]}"}) </dev/null >"$work/log" 2>&1
}
unexpected() { cat "$work/log" >&2; fail "$1"; }
passes() { run "$@" || unexpected "$2 failed"; }
# refused WORDS EVENT WORKFLOW JSON requires a failure that prints the reason.
refused() {
  if run "${@:2}"; then unexpected "$3 should have failed: $1"; fi
  grep -qF -- "$1" "$work/log" || unexpected "$3 does not say: $1"
}
says() { grep -qF -- "$1" "$work/log" || unexpected "not said: $1"; }
images_built() { # COUNT
  local found
  found=$(grep -c '^docker buildx' "$work/calls" || true)
  ((found == $1)) || unexpected "$found images were built so far instead of $1"
}
runs() {
  local found
  found=$(aws ssm get-parameter --name /fualab/dev/release/current --query Parameter.Value --output text)
  [[ $found == *"\"release\":\"$1\""* ]] || fail "$1 should run, the record says $found"
  echo "dev runs $1"
}
built() { # REPOSITORY CONCLUSION
  printf '{"workflow_run":{"conclusion":"%s","event":"push","head_branch":"main","head_sha":"%s","head_repository":{"full_name":"%s"}}}' "$2" "$sha" "$1"
}

main='{"ref":"refs/heads/main"}'

step 'the workflows of the modules'
while IFS=': ' read -r module wanted; do
  : >"$work/calls"
  passes push "$module-ci.yml" "$main"
  called=$(sed -n 's/^go tool task //p' "$work/calls" | paste -sd, -)
  [[ $called == "$wanted" ]] || unexpected "$module-ci runs: $called"
done <<'TASKS'
shared: module:check MODULE=shared
api: module:check MODULE=api,module:image MODULE=api
worker: module:check MODULE=worker,module:image MODULE=worker
frontend: client:check,module:image MODULE=frontend
infra: module:check MODULE=infra/deploy,infra:tools,infra:fake,infra:check,lab:deployments
TASKS

step 'cd-build of what ci, or the gate of known vulnerabilities, refuses: nothing is built'
for task in chaos vuln; do
  echo "$task" >"$work/failing"
  refused "$task fails" push cd-build.yml "$main"
  images_built 0
done
rm "$work/failing"

step 'a repository without AWS: cd-build passes with a notice, a rollback fails, and nothing is built'
variables=()
passes push cd-build.yml "$main"
says 'Set its variables AWS_BUILD_ROLE'
grep -qxF 'go tool task check' "$work/calls" || unexpected 'ci did not run'
images_built 0
refused 'Set its variables AWS_BUILD_ROLE' workflow_dispatch rollback.yml '{"ref":"refs/heads/main","inputs":{"environment":"dev","release":""}}'
variables=("${with_aws[@]}")

step 'the release of shared: a tag and notes, no image'
released() { # MODULE VERSION
  repo checkout --quiet main
  (cd "$work/repo" && go tool task release "MODULE=$1" "VERSION=$2") >"$work/log" 2>&1 || unexpected "$1 $2 cannot be released"
  sha=$(repo rev-parse HEAD)
  repo update-ref refs/remotes/origin/main HEAD
  (cd "$work/repo" && go tool task release:tag "TAG=$1/v$2") >"$work/log" 2>&1 || unexpected "$1 $2 cannot be tagged"
}
# published TAG FILE… requires the release on GitHub, with these files.
published() {
  local call file
  call=$(grep "^gh release create $1 " "$work/calls") || unexpected "$1 was not published"
  for file in "${@:2}"; do
    [[ $call == *"/$file"* ]] || unexpected "$1 was published without $file: $call"
  done
}
released shared 0.1.0
passes push release.yml '{"ref":"refs/tags/shared/v0.1.0"}'
published shared/v0.1.0
images_built 0

step 'cd-build of a push to main'
first=main-$sha
passes push cd-build.yml "$main"
images_built 3

step 'a stack before its first release, and an API that answers as the first build'
for name in current previous; do
  aws ssm put-parameter --name "/fualab/dev/release/$name" --type String --value '{}' >/dev/null
done
aws ssm put-parameter --name /fualab/dev/smoke-token --type SecureString --value unset >/dev/null
curl -fsS -m 30 -o /dev/null -X POST "$AWS_ENDPOINT_URL/moto-api/state-manager/set-transition" \
  -d '{"model_name":"ecs::task","transition":{"progression":"manual","times":1}}'
go build -buildvcs=false -ldflags "-X github.com/fualab/fualab/shared/version.Version=$first" -o "$work/local" ./ops/local
FUALAB_AUTH=off FUALAB_API_ADDR=$FAKE_PUBLIC_IP:8000 FUALAB_WORKER_ADDR=127.0.0.1:0 FUALAB_FRONTEND_ADDR=127.0.0.1:0 FUALAB_BUILD_CLIENT=false \
  FUALAB_DATA_DIR=$work/data "$work/local" >"$work/local.log" 2>&1 &
api=$!
pids+=("$api")
answers() { curl -fsS --noproxy '*' -m 2 -o /dev/null "http://$FAKE_PUBLIC_IP:8000/health" 2>/dev/null; }
for _ in {1..300}; do
  ! answers || break
  kill -0 "$api" 2>/dev/null || { cat "$work/local.log" >&2; fail 'the API did not start'; }
  sleep 0.2
done
answers || { cat "$work/local.log" >&2; fail 'the API does not answer'; }

step 'cd-deploy after builds that are none of its business'
for event in "$(built stranger/fork success)" "$(built fualab/fualab failure)"; do
  passes workflow_run cd-deploy.yml "$event"
  ! grep -q '^terraform' "$work/calls" || fail "it was deployed: $event"
done

step 'cd-deploy of what was built'
passes workflow_run cd-deploy.yml "$(built fualab/fualab success)"
says "at http://$FAKE_PUBLIC_IP:8000"
says '✓ smoke test'
runs "$first"

step 'the release of the worker: one image is built, deployed, and promoted'
released worker 0.1.0
second=main-$sha
passes push cd-build.yml "$main"
images_built 4
digest() { registry digest "$registry/fualab/$1"; }
[[ $(digest "api:$first") == "$(digest "api:$second")" ]] || fail 'the API has not changed, and has another image'
passes workflow_run cd-deploy.yml "$(built fualab/fualab success)"
runs "$second"
# Four platforms take four times as long; one is enough here.
sed -i "s|^var everywhere = .*|var everywhere = []string{\"$(go env GOOS)/$(go env GOARCH)\"}|" "$work/repo/ops/release/binaries.go"
passes push release.yml '{"ref":"refs/tags/worker/v0.1.0"}'
published worker/v0.1.0 "fualab-worker-v0.1.0-$(go env GOOS)-$(go env GOARCH)" SHA256SUMS
[[ $(digest worker:v0.1.0) == "$(digest "worker:$second")" ]] || fail 'the image of the version is not the built one'
images_built 4

step 'the build of the first commit ends late: nothing goes back'
later=$sha sha=${first#main-}
refused 'run the workflow rollback' workflow_run cd-deploy.yml "$(built fualab/fualab success)"
runs "$second"
sha=$later

step 'rollback'
passes workflow_dispatch rollback.yml '{"ref":"refs/heads/main","inputs":{"environment":"dev","release":""}}'
says '✓ smoke test'
runs "$first"

by_hand='{"ref":"refs/heads/main","inputs":{"environment":"dev","release":"'$second'"}}'
step 'an API that does not answer: the smoke test fails, and what ran is put back'
kill "$api"
wait "$api" || true
refused "putting $first back" workflow_dispatch cd-deploy.yml "$by_hand"
says '→ smoke test'
says "$second was not released"
says 'Success - Main go tool task release:summary'
grep '^terraform apply' "$work/calls" | tail -1 | grep -qF "$(digest "worker:$first")" || unexpected 'something else was put back'
runs "$first"

step 'an image that nobody signed'
: >"$work/signed"
refused 'is not signed by cd-build on main' workflow_dispatch cd-deploy.yml "$by_hand"
runs "$first"

step 'passed'
