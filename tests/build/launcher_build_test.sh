#!/usr/bin/env bash
# What the launcher promises about building: what is seen of it, and what is built and fetched beside each other.
set -euo pipefail
# shellcheck source=tests/build/launcher_scratch.sh
source "$(dirname "${BASH_SOURCE[0]}")/launcher_scratch.sh"

# Ten plain sources beside main.cpp, as a library that needs no LibTorch.
make_larger_project() {
  local i
  for i in {0..9}; do echo "int plain_$i() { return $i; }" >"$project/apps/plain_$i.cpp"; done
  cat >"$project/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(Scratch LANGUAGES CXX)
option(CAROUSEL_WITHOUT_TORCH "Only what needs no LibTorch" OFF)
file(APPEND $ENV{EVENTS} "configure ${CAROUSEL_WITHOUT_TORCH}\n")
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
file(GLOB sources CONFIGURE_DEPENDS apps/plain_*.cpp)
add_library(plain STATIC ${sources})
add_custom_target(carousel_without_torch DEPENDS plain)
if(CAROUSEL_WITHOUT_TORCH)
  return()
endif()
add_executable(carousel_app apps/main.cpp)
set_target_properties(carousel_app PROPERTIES OUTPUT_NAME carousel)
target_link_libraries(carousel_app PRIVATE plain)
CMAKE
  : >"$scratch/events"
  export EVENTS=$scratch/events
}

change_sources() {
  sleep 0.01   # a clock's tick
  touch "$project"/apps/*.cpp
}

# shellcheck disable=SC2329  # called by expect
{
  percents_rise() {
    local percents
    percents=$(sed -n 's/^carousel: building, \([0-9]*\) %.*/\1/p' <<<"$messages")
    (($(wc -l <<<"$percents") >= 3)) && [[ $percents == "$(sort -n -u <<<"$percents")" ]]
  }
  event_lines() { grep -c "$1" "$scratch/events"; }
  # The line of the first event that begins so; 0 when there is none.
  line_of() { { grep -n -m 1 "^$1" "$scratch/events" || echo 0; } | sed 's/:.*//'; }
  in_order() {
    local event before=0 line
    for event in "$@"; do
      line=$(line_of "$event")
      ((line > before)) || return 1
      before=$line
    done
  }
  compiled_before() { sed "/$2/q" "$scratch/events" | grep -c "^compile $1"; }
  is_gone() { ! kill -0 "$1" 2>/dev/null; }
  log_has() { grep -q "$1" "$project/build/release/launcher.log"; }
}

in_a_file() {
  launch --
  change_sources
  launch SLOW=0.6 NINJA_STATUS="a user's own " --
  expect "elsewhere than on a terminal a build says a line every 10 %" percents_rise
  expect "... with the steps and an estimate" matches 'building, [0-9]+ %, [0-9]+/1[0-9], about 0:[0-9][05] left'
  expect "... and at last how long it took" matches $'carousel: built in 0:[0-9][0-9]$'
  expect "... without control characters" does_not_say $'\r'
  expect "... ninja's own lines go into the log" log_has '^\[[0-9]*/[0-9]*\] Building CXX'
  expect "... and nowhere else" does_not_say "Building CXX"
  sleep 0.01
  touch "$project/apps/main.cpp"
  launch SLOW=2.5 --
  expect "before the first step has ended its line says how many there are, and no time" says $'carousel: building, 0 %, 0/2\n'
  sleep 0.01
  touch "$project/apps/main.cpp"
  launch --
  expect "of a build that takes a moment nothing is said" is_silent
  launch --
  expect "when nothing is to be built nothing is said" is_silent
  echo 'int plain_10() { return 10; }' >"$project/apps/plain_10.cpp"
  launch --
  expect "a new file configures again, and that is said" says "carousel: configuring $project/build/release again"
}

# launch_on_terminal [NAME=value...]   columns: how wide it is
launch_on_terminal() {
  status=0
  in_launcher_environment TERM=xterm "$@" \
    script -qec "stty columns ${columns:-80}; $project/carousel" /dev/null >"$scratch/messages" </dev/null || status=$?
  messages=$(<"$scratch/messages")
  output=
}

on_a_terminal() {
  if ! command -v script >/dev/null; then
    echo "skipped what is seen on a terminal: there is no command 'script'"
    return
  fi
  change_sources
  launch_on_terminal SLOW=0.6
  expect "on a terminal there is a bar" matches 'carousel: building \[#+-+\] [0-9]+/1[0-9]'
  expect "... with an estimate" matches '\] [0-9]+/1[0-9], about 0:[0-9][05] left'
  expect "... drawn over" matches $'\r'"carousel: building [^"$'\n'"]*"$'\r'"carousel: building"
  expect "... and wiped at last for how long it took" matches $'\r\e\[K''carousel: built in 0:[0-9][0-9]'
  change_sources
  columns=40 launch_on_terminal SLOW=0.4
  expect "it is no wider than the terminal" matches $'carousel: building \[[#-]*\e\[K'
  launch_on_terminal
  expect "when nothing is to be done nothing is said there either" test "$(grep -c carousel: "$scratch/messages")" = 0
}

failing() {
  echo 'broken' >>"$project/apps/main.cpp"
  launch SLOW=0.3 --
  expect "a failed build stops" exits_with 1
  expect "... shows what the compiler said" says "error: "
  expect "... of which step" says "FAILED: CMakeFiles/carousel_app.dir/apps/main.cpp.o"
  expect "... but not the steps that went well" does_not_say "] Building"
  expect "... and names the log" says "the build failed; the compiler's messages are above and in $project/build/release/launcher.log"
  expect "... where the same is" log_has "error: "
  sed -i '/^broken/d' "$project/apps/main.cpp"
  echo '#warning careful' >>"$project/apps/plain_0.cpp"
  echo 'int absent(); int used = absent();' >>"$project/apps/main.cpp"
  launch --
  expect "when linking fails the linker's messages are shown" says "undefined reference"
  expect "... and warnings from before it" says "careful"
  sed -i '/absent/d' "$project/apps/main.cpp"
  echo 'broken(' >>"$project/CMakeLists.txt"
  launch --
  expect "so does what CMake says when it fails in the middle" says "CMake Error"
  sed -i '/^broken/d' "$project/CMakeLists.txt"
}

# fetch [NAME=value...]   a start in a new folder that must have LibTorch fetched
fetch() {
  rm -rf "$scratch/fetched"
  : >"$scratch/events"
  launch PATH="$path" CAROUSEL_TORCH= CAROUSEL_NO_INSTALL= CAROUSEL_BUILD_DIR="$scratch/fetched" "$@" --
}

side_by_side() {
  fake_command "$path" apt-get "
    [ \"\$*\" != update ] || exit 0
    sleep 1; ln -sf $(command -v ninja) $path/ninja; echo installed >>$scratch/events"
  rm "$path/ninja"
  fetch PIP_UNTIL="grep -q 'waiting for LibTorch' $scratch/messages" NPM_UNTIL="grep -q 'pip ends' $scratch/events && sleep 1" SLOW=0.5
  expect "a start that has LibTorch fetched goes well" prints "$scratch/elsewhere"
  expect "LibTorch is fetched while packages are installed" in_order "pip begins" installed
  expect "... and what needs none is built meanwhile" in_order installed "configure ON" "compile plain_" "pip ends"
  expect "... then everything is configured and the rest built" in_order "pip ends" "configure OFF" "compile main.cpp"
  expect "... and nothing twice" test "$(event_lines 'compile plain_')" = 11
  expect "the charts are waited for, as the program holds them" in_order "pip ends" "charts come" "configure OFF"
  expect "the bar says what is built" says "building what needs no LibTorch, "
  expect "when that is built, it says what it waits for" says "carousel: waiting for LibTorch"
  fetch PIP_UNTIL="[ \$(grep -c 'compile plain' $scratch/events) -ge 3 ]" SLOW=0.8
  expect "when LibTorch has come first the rest is built with it" test "$(compiled_before plain_ "configure OFF")" -lt 11
  expect "... after the step that was going on" prints "$scratch/elsewhere"
  launch PATH="$path" CAROUSEL_TORCH= CAROUSEL_BUILD_DIR="$scratch/fetched" --
  expect "the next start is silent" is_silent
  sed -i 's/CAROUSEL_WITHOUT_TORCH/OTHER/; s/carousel_without_torch/other/' "$project/CMakeLists.txt"
  fetch PIP_UNTIL="sleep 1"
  expect "a project without such an option is built when LibTorch is there" in_order "pip ends" configure "compile plain_"
  sed -i 's/OTHER/CAROUSEL_WITHOUT_TORCH/; s/other/carousel_without_torch/' "$project/CMakeLists.txt"
}

failing_downloads() {
  touch "$scratch/offline"
  local begin=$SECONDS
  fetch PIP_UNTIL="grep -q 'compile plain' $scratch/events" SLOW=30
  expect "a LibTorch that cannot be fetched stops the start" exits_with 1
  expect "... says what to do" says "torch==2.13.0+cpu could not be fetched: set CAROUSEL_TORCH to the folder of LibTorch 2.13 or later (log: $scratch/fetched/release/launcher.torch.log)"
  expect "... and nothing else" does_not_say "holds no LibTorch"
  expect "... without waiting for the rest of the build" test $((SECONDS - begin)) -lt 25
  expect "... and does not call that a failed build" does_not_say "the build failed"
  rm "$scratch/offline"
  fake_command "$path" npm "exit 1"
  fetch
  expect "charts that cannot be fetched stop nothing" exits_with 0
  expect "... and are said to be missing" says "it could not be fetched: carousel report will have no charts"
  echo '#error early' >>"$project/apps/plain_3.cpp"
  fetch PIP_UNTIL=false
  expect "what fails beside the download stops at once" exits_with 1
  expect "... with the compiler's messages" says "error: #error early"
  expect "... and ends the download" is_gone "$(<"$scratch/pip_process")"
  expect "... of which nothing half-written stays" test ! -e "$scratch/fetched/venv/lib/python3.11/site-packages/torch"
  sed -i '/^#error/d' "$project/apps/plain_3.cpp"
}

# interrupt <signal>   a start while it fetches and builds; fills begin, status and messages
interrupt() {
  rm -rf "$scratch/fetched"
  : >"$scratch/events"
  set -m   # so that SIGINT is not ignored from the beginning
  (cd "$scratch/elsewhere" && exec env PATH="$path" CMAKE_CXX_COMPILER_LAUNCHER="$scratch/slow" CAROUSEL_TORCH= CAROUSEL_ARROW= CAROUSEL_BUILD_DIR="$scratch/fetched" \
    PIP_UNTIL=false ARROW_UNTIL=false SLOW=61.25 "$project/carousel") >"$scratch/output" 2>"$scratch/messages" &
  set +m
  begin=$SECONDS
  until grep -q "compile plain" "$scratch/events" || ((SECONDS - begin > 30)); do sleep 0.1; done
  begin=$SECONDS
  kill "-$1" $!
  status=0
  wait $! || status=$?
  output=
  messages=$(<"$scratch/messages")
}

signals() {
  local begin signal code
  for signal in INT:130 TERM:143; do
    code=${signal#*:}
    signal=${signal%:*}
    interrupt $signal
    expect "SIG$signal ends a start" exits_with "$code"
    expect "... soon" test $((SECONDS - begin)) -lt 20
    expect "... the download with it" is_gone "$(<"$scratch/pip_process")"
    expect "... the compiler" test -z "$(pgrep -f 'sleep 61.25' || true)"
    expect "... and nothing half-written stays" test ! -e "$scratch/fetched/venv/lib/python3.11/site-packages/torch"
    expect "... nor of Apache Arrow" test ! -e "$scratch/fetched/venv/lib/python3.11/site-packages/pyarrow"
  done
}

leftovers() {
  local packages=$scratch/fetched/venv/lib/python3.11/site-packages
  fetch
  touch "$scratch/fetched/venv/torch_unfinished"
  rm "$packages/torch/whole"
  launch PATH="$path" CAROUSEL_TORCH= CAROUSEL_NO_INSTALL= CAROUSEL_BUILD_DIR="$scratch/fetched" -- >"$scratch/events"
  rm "$scratch/fetched/release/launcher.stamp"
  launch PATH="$path" CAROUSEL_TORCH= CAROUSEL_NO_INSTALL= CAROUSEL_BUILD_DIR="$scratch/fetched" --
  expect "a LibTorch that a killed start has left half-written is fetched again" test -f "$packages/torch/whole"
}

path=$(path_without python3)
fake_python "$path"
fake_npm "$path"
fake_command "$path" id 'echo 0'
make_larger_project
in_a_file
on_a_terminal
failing
side_by_side
failing_downloads
signals
leftovers
finish
