# Part of the launcher: downloads that run beside everything else. Each keeps a log of its own, build/<preset>/launcher.<name>.log,
# and none outlives the launcher.
# shellcheck shell=bash disable=SC2154,SC2034  # variables shared with the launcher

job_names=()

job_result() { echo "$build/launcher.$1.result"; }

# begin_job <name> <command> [argument...]   in a process group of its own, which can be ended as a whole
begin_job() {
  rm -f "$(job_result "$1")"
  set -m
  (run_job "$@") </dev/null &
  set +m
  printf -v "job_$1" %s $!
  job_names+=("$1")
}

run_job() {
  set +m
  job_name=$1
  log=$build/launcher.$job_name.log
  : >"$log"
  trap 'exit 130' INT
  trap 'echo $? >"$(job_result "$job_name")"' EXIT
  "${@:2}"
}

# Its process, or nothing when there is no such job, or one that was waited for.
job_process() {
  local variable=job_$1
  echo "${!variable-}"
}

job_has_ended() { [[ -s $(job_result "$1") ]]; }

job_has_failed() { job_has_ended "$1" && [[ $(<"$(job_result "$1")") != 0 ]]; }

# await_job <name>   its exit code
await_job() {
  local process code=0
  process=$(job_process "$1")
  [[ -n $process ]] || return 0
  wait "$process" || code=$?
  printf -v "job_$1" ''
  return "$code"
}

# What was started is asked to stop, which gives package managers the time to remove what they were unpacking.
end_jobs() {
  local name process patience
  for name in "${job_names[@]+"${job_names[@]}"}"; do
    process=$(job_process "$name")
    [[ -n $process ]] || continue
    kill -INT -- "-$process" 2>/dev/null || continue
    for ((patience = 50; patience > 0; --patience)); do
      kill -0 -- "-$process" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL -- "-$process" 2>/dev/null || true
  done
}
