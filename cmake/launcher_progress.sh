# Part of the launcher: what is seen of a build. On a terminal one line that is drawn again and again, elsewhere a line every
# 10 %, and nothing of a build that takes a moment. All that ninja and the compiler say goes into the log; when the build fails
# it is shown as well.
# shellcheck shell=bash disable=SC2154,SC2034  # variables shared with the launcher

export NINJA_STATUS='[%f/%t] '
status_line='^\[([0-9]+)/([0-9]+)\] (.*)'
frame=carousel-ninja   # begins the two lines that are the launcher's own among those of ninja
builder=               # the process that reads them
build_begun=           # by the clock of this start

on_terminal() { [[ -t 2 && ${TERM-dumb} != dumb ]]; }

clear_line() { ! on_terminal || printf '\r\033[K' >&2; }

# duration 151   2:31
duration() {
  if (($1 < 3600)); then
    printf '%d:%02d' $(($1 / 60)) $(($1 % 60))
  else
    printf '%d:%02d:%02d' $(($1 / 3600)) $(($1 / 60 % 60)) $(($1 % 60))
  fi
}

# rough_duration 128   2:10, since nobody knows it to the second
rough_duration() {
  local unit=10
  (($1 >= 60)) || unit=5
  local rounded=$((($1 + unit / 2) / unit * unit))
  duration $((rounded > 0 ? rounded : unit))
}

# How much work a step is, by what ninja calls it: in tenths of a second of a processor, roughly. Counting steps alone would be
# wrong by a factor of two for most of a build.
work_of() {
  case $1 in
    'Building CXX'*/carousel.dir/cmake_pch*) work=370 ;;   # all of torch.h
    'Building CXX'*/cmake_pch*) work=40 ;;
    'Building CXX'*/generated/*) work=2 ;;
    'Building CXX'*_tests.dir/Unity/*) work=250 ;;
    'Building CXX'*/Unity/*) work=90 ;;
    'Building CXX'*/carousel_random_kernels.dir/*) work=200 ;;
    'Building CXX'*) work=35 ;;
    *) work=2 ;;
  esac
}

# build_in_view <doing> <target> [job]   ends early, with success, after the step in which the job has ended
build_in_view() {
  local code=0
  [[ -n $build_begun ]] || build_begun=$SECONDS
  # not in the foreground, where a signal would be heard only after the build; the shell need not say how ninja died
  run_ninja "$2" 2>/dev/null | show_progress "$@" &
  builder=$!
  wait "$builder" || code=$?
  builder=
  return "$code"
}

end_build() {
  [[ -n $builder ]] || return 0
  kill -TERM "$builder" 2>/dev/null || true
  wait "$builder" || true
}

# What ninja says, framed by its process and its exit code.
run_ninja() {
  local code=0
  # shellcheck disable=SC2016  # the inner shell's own
  sh -c 'echo "$0 process $$"; exec ninja "$@"' "$frame" -C "$build" -j "$(parallel_jobs)" "$1" 2>&1 || code=$?
  echo "$frame ended $code"
}

show_progress() {
  local doing=$1 target=$2 job=${3-} begun=$SECONDS
  local line pending='' silence='' code=1 ninja='' leaving='' failing='' held=''
  local steps=0 finished=0 work=0 work_done=0 work_all=0 arrival=0 counted='' last_tenth=-1
  trap '' INT            # ninja's last words are still to be read
  trap leaving=yes TERM   # from a terminal's ^C ninja may be ending already: it is asked when it has been silent for a second
  while next_line; do
    [[ -n $silence ]] || take_line
    draw
  done
  clear_line
  [[ $code == 0 || -n $leaving ]] || show_held
  [[ $code != 0 || -z $counted || $finished == 0 || -n $job ]] || say "built in $(duration $((SECONDS - build_begun)))"
  [[ $code == 0 || (-n $leaving && -z $failing) ]]
}

# The next line of ninja's, or silence when there is none for a second.
next_line() {
  local piece='' code=0 patience=(-t 1)
  ((BASH_VERSINFO[0] >= 4)) || patience=()   # the shell of macOS cannot tell silence from the end
  IFS= read -r "${patience[@]+"${patience[@]}"}" piece || code=$?
  pending+=$piece
  silence=
  if ((code > 128)); then
    silence=yes
    [[ -z $job ]] || ! job_has_failed "$job" || leaving=yes
    [[ -z $leaving ]] || stop_ninja
    return
  fi
  line=$pending
  pending=
  [[ $code == 0 || -n $line ]]
}

take_line() {
  case $line in
    "$frame process "*) ninja=${line##* } ;;
    "$frame ended "*) code=${line##* } ;;
    'ninja: Entering directory'* | 'ninja: no work to do.' | *'Re-checking globbed directories'*) ;;
    *)
      begin_log
      printf '%s\n' "$line" >>"$log"
      if [[ $line =~ $status_line ]]; then
        take_step "${BASH_REMATCH[@]:1:3}"
      else
        take_message
      fi
      ;;
  esac
}

# Once, since ninja then ends the compilers and removes what is half-written, and would die of a second signal.
stop_ninja() {
  leaving=yes
  [[ -n $ninja ]] || return 0
  kill -TERM "$ninja" 2>/dev/null || true
  ninja=
}

# take_step <finished> <all> <what>
take_step() {
  if [[ $3 == 'Re-running CMake'* ]]; then
    say "configuring $build again, because its files have changed"
    return
  fi
  finished=$1
  steps=$2
  work_of "$3"
  work_done=$((work_done + work))
  foresee
  if [[ -n $job ]] && job_has_ended "$job"; then stop_ninja; fi
}

# When the build ends if it goes on as it went so far.
foresee() {
  local begun_work=$((SECONDS - begun))
  ((work_all > work_done)) || return 0
  arrival=$((SECONDS + begun_work * (work_all - work_done) / work_done))
}

take_message() {
  case $line in
    *'interrupted by user'*) leaving=yes ;;
    'FAILED: '* | 'ninja: error: '* | 'ninja: fatal: '*) [[ -n $leaving ]] || show_held ;;
  esac
  if [[ -n $failing ]]; then printf '%s\n' "$line" >&2; else held+=$line$'\n'; fi
}

# The build has failed: what the compiler said so far, warnings among it.
show_held() {
  [[ -z $failing ]] || return 0
  failing=yes
  clear_line
  printf '%s' "$held" >&2
}

draw() {
  [[ -z $failing$leaving ]] || return 0
  ((SECONDS - begun > 1)) || return 0
  [[ -n $counted ]] || count_steps
  ((steps > 0)) || return 0
  local share=$((100 * finished / steps)) left=
  ((work_all == 0)) || share=$((100 * work_done / work_all))
  ((share < 100)) || share=99
  if ((share >= 10 && arrival > 0)) && [[ -z $job ]]; then left=", about $(rough_duration $((arrival - SECONDS))) left"; fi
  if on_terminal; then
    draw_bar "$share" " $finished/$steps$left"
  elif ((share / 10 > last_tenth)); then
    last_tenth=$((share / 10))
    say "$doing, $share %, $finished/$steps$left"
  fi
}

# draw_bar <percent> <figures>   no wider than the terminal, where it could not be drawn over
draw_bar() {
  local full=$(($1 / 5)) columns done_part open_part text
  columns=$(stty size <&2 2>/dev/null) || true
  columns=${columns##* }
  printf -v done_part '%*s' "$full" ''
  printf -v open_part '%*s' $((20 - full)) ''
  text="carousel: $doing [${done_part// /#}${open_part// /-}]$2"
  ((${columns:-0} > 1)) || columns=80
  printf '\r%s\033[K' "${text:0:columns-1}" >&2
}

# ninja names a step when it has ended: which there are it tells in a dry run, with copies of its records, which are being
# written. Through a file of another name, since the build's own would only be checked for being up to date.
count_steps() {
  local copy=$build/launcher.count description number=0
  counted=yes
  mkdir -p "$copy"
  cp "$build"/.ninja_log "$build"/.ninja_deps "$copy" 2>/dev/null || true
  printf 'builddir = launcher.count\ninclude build.ninja\n' >"$copy/steps.ninja"
  work_all=$work_done
  while IFS= read -r description; do
    [[ $description =~ $status_line ]] || continue
    number=$((number + 1))
    work_of "${BASH_REMATCH[3]}"
    work_all=$((work_all + work))
  done < <(cd "$build" && ninja -n -f launcher.count/steps.ninja "$target" 2>/dev/null)
  ((steps > 0)) || steps=$number
  rm -rf "$copy"
}
