# shellcheck shell=bash
# Sourced by .ci/run and .ci/lab: runs named steps, in parallel lanes, and ends with a table of their seconds.
#
#   step NAME COMMAND …    runs the command; its output is shown if it fails, and its last line if it passes
#   after NAME             waits, in a lane, until a step of another lane has ended
#   lanes FUNCTION …       runs functions of steps side by side; the first failure ends all of them
#
# Without a terminal it prints a line when a step begins and when it ends.
# KEEP_LOGS=dir keeps the output of every step. KEEP_GOING=1 runs the other steps after a failure, and fails at the end.

steps_dir=$(mktemp -d "${TMPDIR:-/tmp}/fualab-steps.XXXXXX")
steps_began=$SECONDS
lane_pids=()

# The time limit of a step is that of the gate.
: "${STEP_LIMIT:=3600}"

say() { printf '[%4ds] %s\n' "$((SECONDS - steps_began))" "$*"; }

step() {
  local name=$1 began=$SECONDS log=$steps_dir/$1.log rc=0
  shift
  say "$name …"
  # Each step has its own process group, so all its processes can be ended. A function runs in a subshell.
  if declare -F "$1" >/dev/null; then ("$@") >"$log" 2>&1 || rc=$?; else setsid -w timeout --kill-after=60 "$STEP_LIMIT" "$@" </dev/null >"$log" 2>&1 || rc=$?; fi
  local seconds=$((SECONDS - began))
  if ((rc)); then
    echo "$seconds $name FAILED" >>"$steps_dir/table"
    say "$name FAILED after $seconds s, exit status $rc; its output:"
    sed "s/^/  | /" "$log"
    [[ -n ${KEEP_GOING:-} ]] || return "$rc"
    touch "$steps_dir/$name.ended" "$steps_dir/failed"
    return 0
  fi
  echo "$seconds $name" >>"$steps_dir/table"
  say "$name passed in $seconds s: $(grep -v '^[[:space:]]*$' "$log" | tail -n 1 | cut -c1-140)"
  grep -F '!!!' "$log" || true # a part that was not run
  touch "$steps_dir/$name.ended"
}

after() {
  local name=$1
  for ((waited = 0; waited < STEP_LIMIT; waited++)); do
    [[ ! -e $steps_dir/$name.ended ]] || return 0
    sleep 1
  done
  say "$name has not ended within $STEP_LIMIT s"
  return 1
}

lanes() {
  local lane pid rc=0
  for lane in "$@"; do
    (trap - EXIT; set -e; "$lane") &
    lane_pids+=($!)
  done
  for lane in "$@"; do
    wait -n || { rc=$?; break; }
  done
  if ((rc)); then
    for pid in "${lane_pids[@]}"; do end_tree "$pid"; done
  fi
  wait || true
  return "$rc"
}

# end_tree PID ends a process and all its descendants, the youngest last.
end_tree() {
  local child
  for child in $(pgrep -P "$1" 2>/dev/null); do end_tree "$child"; done
  kill -TERM "$1" 2>/dev/null || true
}

# engine_environment makes Testcontainers find published ports if this machine is a container itself.
engine_environment() {
  [[ ! -x ${STANDINS:=../shared/tools/standins}/engine-up ]] || eval "$("$STANDINS/engine-up" --env)"
}

steps_end() {
  local status=$?
  set +e
  [[ ! -e $steps_dir/failed ]] || status=1
  for pid in "${lane_pids[@]}"; do kill -0 "$pid" 2>/dev/null && end_tree "$pid"; done
  [[ -z ${KEEP_LOGS:-} ]] || { mkdir -p "$KEEP_LOGS" && cp "$steps_dir"/*.log "$KEEP_LOGS"; }
  printf '\n%7s  step\n' seconds
  [[ ! -e $steps_dir/table ]] || sort -rn "$steps_dir/table" | while read -r seconds name; do printf '%7d  %s\n' "$seconds" "$name"; done
  printf '%7d  in all\n' "$((SECONDS - steps_began))"
  # A step may have started a Docker engine.
  [[ ! -s $steps_dir/engine.pid ]] || kill "$(<"$steps_dir/engine.pid")"
  rm -rf "$steps_dir"
  ((status)) && echo "${0##*/}: FAILED" || echo "${0##*/}: passed"
  exit "$status"
}
trap steps_end EXIT
trap 'exit 143' INT TERM
