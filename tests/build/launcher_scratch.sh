# Sourced by the tests of the launcher: a scratch project with a make-believe LibTorch, commands that only note that they were
# called, and the words of the tests. No network, nothing installed.
# shellcheck shell=bash

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$here/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
project=$scratch/project
failures=0
status=
output=
messages=

# fake_torch <folder> <version>   what the launcher looks at: the two CMake files
fake_torch() {
  mkdir -p "$1/share/cmake/Torch"
  touch "$1/share/cmake/Torch/TorchConfig.cmake"
  printf 'set(PACKAGE_VERSION "%s")\n' "$2" >"$1/share/cmake/Torch/TorchConfigVersion.cmake"
}

make_project() {
  mkdir -p "$project/cmake" "$project/apps" "$project/tests" "$scratch/elsewhere"
  echo reader==1.0 >"$project/tests/requirements.txt"
  cp "$repository/carousel" "$repository/CMakePresets.json" "$project/"
  cp "$repository"/cmake/launcher_*.sh "$project/cmake/"
  cat >"$project/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(Scratch LANGUAGES CXX)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
add_executable(carousel_app apps/main.cpp)
set_target_properties(carousel_app PROPERTIES OUTPUT_NAME carousel)
add_custom_target(carousel_python)
CMAKE
  # what compiles for SLOW seconds a file, and notes it in $scratch/events
  fake_command "$scratch" slow "
    for word; do :; done
    case \$word in */apps/*.cpp) echo compile \${word##*/} >>$scratch/events; sleep \${SLOW:-0} ;; esac
    exec \"\$@\""
  cat >"$project/apps/main.cpp" <<'CPP'
#include <cstdio>
#include <unistd.h>
int main(int count, char** words) {
  char folder[4096];
  std::printf("%s", getcwd(folder, sizeof folder));
  for (int i = 1; i < count; ++i) std::printf("|%s", words[i]);
  return count == 1 ? 0 : 40 + count;
}
CPP
}

# A PATH with everything needed except what is named; more commands may be put into it afterwards.
path_without() {
  local folder=$scratch/path.$RANDOM name
  mkdir "$folder"
  for name in env bash sh dirname readlink mkdir flock sed grep tail head cp rm cat printf getconf uname id touch ln mktemp \
    chmod mv sleep stty cmp xargs sort setsid git python3 cmake ninja c++ g++ gcc cc as ld ar ranlib; do
    [[ " $* " == *" $name "* ]] || ln -s "$(command -v "$name")" "$folder/$name" 2>/dev/null || true
  done
  echo "$folder"
}

# fake_command <folder> <name> <body>
fake_command() {
  rm -f "$1/$2"
  printf '#!/bin/sh\n%s\n' "$3" >"$1/$2"
  chmod +x "$1/$2"
}

# in_launcher_environment <NAME=value or word of the command>...   untouched by what is set outside, and always with the same
# compiler: another one would configure anew
in_launcher_environment() {
  env -u CMAKE_PREFIX_PATH -u CXX -u CAROUSEL_BUILD -u CAROUSEL_BUILD_DIR -u CAROUSEL_ECHARTS \
    CAROUSEL_NO_INSTALL=1 CAROUSEL_TORCH="$scratch/torch" CAROUSEL_ARROW="$scratch/arrow" CMAKE_CXX_COMPILER_LAUNCHER="$scratch/slow" "$@"
}

# launch [NAME=value...] -- [arguments]   from another folder; fills status, output and messages
launch() {
  local settings=()
  while [[ $1 != -- ]]; do
    settings+=("$1")
    shift
  done
  shift
  status=0
  (cd "$scratch/elsewhere" && in_launcher_environment "${settings[@]+"${settings[@]}"}" "$project/carousel" "$@") \
    >"$scratch/output" 2>"$scratch/messages" </dev/null || status=$?
  output=$(<"$scratch/output")
  messages=$(<"$scratch/messages")
}

# expect <sentence> <condition...>   prints what was seen when the condition is false
expect() {
  local sentence=$1
  shift
  if "$@"; then
    echo "ok      $sentence"
  else
    echo "FAILED  $sentence (status $status)"
    printf '%s\n' "$output" "$messages" | sed 's/^/        /'
    failures=$((failures + 1))
  fi
}

# shellcheck disable=SC2329  # the conditions below are called by expect
{
  exits_with() { [[ $status == "$1" ]]; }
  says() { [[ $messages == *"$1"* ]]; }
  does_not_say() { [[ $messages != *"$1"* ]]; }
  is_silent() { [[ -z $messages ]]; }
  prints() { [[ $output == "$1" ]]; }
  matches() { [[ $messages =~ $1 ]]; }
  calls_are() {
    [[ $(tr '\n' ' ' 2>/dev/null <"$scratch/calls") == "$1" ]] && : >"$scratch/calls"
  }
}

# fake_npm <PATH folder>   notes that it was called; fetches the version asked for, when NPM_UNTIL holds, unless $scratch/offline
# exists, and leaves half of it in that case
fake_npm() {
  fake_command "$1" npm "
    echo called >>$scratch/npm
    mkdir -p \$3/node_modules/echarts/dist
    echo half >\$3/node_modules/echarts/dist/echarts.min.js
    until eval \"\${NPM_UNTIL:-true}\"; do sleep 0.1; done
    [ ! -e $scratch/offline ] || exit 1
    for word; do :; done
    echo \"\\\"version\\\": \\\"\${word#*@}\\\"\" >\$3/node_modules/echarts/package.json
    echo charts >\$3/node_modules/echarts/dist/echarts.min.js
    echo charts come >>$scratch/events"
}

# fake_python <PATH folder>   makes environments whose Python notes in $scratch/calls what it installs or compiles. Fetching torch
# takes until the condition PIP_UNTIL holds; it is half there meanwhile. What is asked of it for Apache Arrow it notes in $scratch/arrows.
fake_python() {
  fake_command "$scratch" venv_python "
    torch=\${0%/bin/python}/lib/python3.11/site-packages/torch
    what=pip
    for word; do case \$word in torch==*|pyarrow==*) what=\$word ;; 'import torch') what=compile ;; esac; done
    case \$what in
      pyarrow*)
        echo \$what >>$scratch/arrows
        mkdir -p \${torch%torch}pyarrow
        until eval \"\${ARROW_UNTIL:-true}\"; do sleep 0.1; done
        if [ -e $scratch/offline ]; then   # what was there before stays
          [ -e \${torch%torch}pyarrow/include ] || rm -r \${torch%torch}pyarrow
          exit 1
        fi
        mkdir -p \${torch%torch}pyarrow/include/arrow \${torch%torch}pyarrow-\${what#*==}.dist-info
        exit ;;
    esac
    echo \$what >>$scratch/calls
    case \$what in
      torch*)
        echo \$\$ >$scratch/pip_process
        echo pip begins >>$scratch/events
        mkdir -p \$torch ;;
    esac
    rounds=0
    until eval \"\${PIP_UNTIL:-true}\"; do rounds=\$((rounds + 1)); [ \$rounds -lt 300 ] || exit 1; sleep 0.1; done
    [ ! -e $scratch/offline ] || exit 1
    case \$what in
      torch*)
        mkdir -p \$torch/share/cmake/Torch
        touch \$torch/share/cmake/Torch/TorchConfig.cmake
        echo 'set(PACKAGE_VERSION \"2.13.0\")' >\$torch/share/cmake/Torch/TorchConfigVersion.cmake
        touch \$torch/whole
        echo pip ends >>$scratch/events ;;
      compile)
        [ -d \$torch ] || torch=\$(cat \${torch}_of_the_build.pth)/torch
        mkdir -p \$torch/__pycache__ && touch \$torch/__pycache__/__init__.cpython-311.pyc ;;
    esac"
  fake_command "$1" python3 "
    case \$* in *importlib*) exit 1 ;; esac
    [ \"\$2\" = venv ] || exit 0
    mkdir -p \"\$3/bin\" \"\$3/lib/python3.11/site-packages\"
    cp $scratch/venv_python \"\$3/bin/python\"
    echo venv >>$scratch/calls"
}

finish() {
  echo "$failures failed"
  exit $((failures > 0))
}

make_project
mkdir -p "$scratch/arrow/include/arrow"
fake_torch "$scratch/torch" 2.13.0
