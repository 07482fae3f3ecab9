#!/usr/bin/env bash
# What the launcher promises, tried on a scratch project with a make-believe LibTorch: no network, nothing installed.
# shellcheck disable=SC2317  # the conditions are called by expect
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$here/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
project=$scratch/project
failures=0

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
CMAKE
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
    chmod python3 cmake ninja c++ g++ gcc cc as ld ar ranlib; do
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

# launch [NAME=value...] -- [arguments]   from another folder; fills status, output and messages
launch() {
  local settings=()
  while [[ $1 != -- ]]; do
    settings+=("$1")
    shift
  done
  shift
  status=0
  (cd "$scratch/elsewhere" && env -u CMAKE_PREFIX_PATH -u CXX -u CAROUSEL_BUILD -u CAROUSEL_BUILD_DIR -u CAROUSEL_ECHARTS \
    CAROUSEL_NO_INSTALL=1 CAROUSEL_TORCH="$scratch/torch" "${settings[@]+"${settings[@]}"}" "$project/carousel" "$@") \
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

exits_with() { [[ $status == "$1" ]]; }
says() { [[ $messages == *"$1"* ]]; }
does_not_say() { [[ $messages != *"$1"* ]]; }
is_silent() { [[ -z $messages ]]; }
prints() { [[ $output == "$1" ]]; }

refusals() {
  launch CAROUSEL_BUILD=fast --
  expect "an unknown preset is refused with its name" says "CAROUSEL_BUILD is 'fast'"
  launch CAROUSEL_TORCH="$scratch/elsewhere" --
  expect "a folder without LibTorch is refused" exits_with 1
  expect "... with its name" says "CAROUSEL_TORCH is '$scratch/elsewhere', which holds no LibTorch"
  fake_torch "$scratch/old" 1.13.0
  launch CAROUSEL_TORCH="$scratch/old" --
  expect "an old LibTorch is refused" exits_with 1
  expect "... with the version found and the version wanted" says "LibTorch 1.13.0 in $scratch/old"
  launch CXX=no-such-compiler --
  expect "a compiler that does not exist is refused with its name" says "CXX=no-such-compiler"
}

missing_packages() {
  local path
  path=$(path_without ninja)
  fake_npm "$path"
  fake_command "$path" apt-get "echo \"\$*\" >>$scratch/apt; ln -sf $(command -v ninja) $path/ninja"
  fake_command "$path" id 'echo 1000'
  launch PATH="$path" CAROUSEL_NO_INSTALL= --
  expect "without the right to install the launcher stops" exits_with 1
  expect "... names what is missing" says "missing: ninja (there is no right to install it)"
  expect "... and gives the exact command" says "  sudo apt-get install -y --no-install-recommends ninja-build"
  fake_command "$path" id 'echo 0'
  launch PATH="$path" --
  expect "CAROUSEL_NO_INSTALL forbids installing" says "CAROUSEL_NO_INSTALL forbids installing it"
  expect "... and nothing was called" test ! -e "$scratch/apt"
  launch PATH="$path" CAROUSEL_NO_INSTALL= CAROUSEL_BUILD_DIR="$scratch/installed" --
  expect "root installs the missing package and goes on" prints "$scratch/elsewhere"
  expect "... and says which" says "installing ninja-build with apt-get"
  expect "... after one update" test "$(head -n 1 "$scratch/apt")$(wc -l <"$scratch/apt")" = update2
}

no_torch() {
  local path
  path=$(path_without)
  # shellcheck disable=SC2016  # the fake's own argument
  fake_command "$path" python3 'case $2 in *importlib*) exit 1 ;; esac'
  launch PATH="$path" CAROUSEL_TORCH= CAROUSEL_BUILD_DIR="$scratch/none" --
  expect "without any LibTorch, CAROUSEL_NO_INSTALL lists the commands" says "bin/pip install torch==2.13.0"
  expect "... and stops" exits_with 1
  launch PATH="$path" CAROUSEL_TORCH= CMAKE_PREFIX_PATH="$scratch/old:$scratch/torch" --
  expect "an old LibTorch on CMAKE_PREFIX_PATH is passed over" says "passing over the LibTorch of CMAKE_PREFIX_PATH"
  expect "... and the next one is taken" exits_with 0
}

starts() {
  launch -- "two words" ""
  expect "the first start builds, and says so" says "building in $project/build/release"
  expect "the program gets the caller's folder and arguments" prints "$scratch/elsewhere|two words|"
  expect "its exit code passes through" exits_with 43
  local begin=$SECONDS
  launch --
  expect "the second start is silent" is_silent
  expect "... and quick" test $((SECONDS - begin)) -le 2
  touch "$project/apps/main.cpp"
  launch --
  expect "a changed source is built again" says "building in"
  expect "... without configuring" does_not_say "configuring"
  sleep 0.01
  touch "$project/cmake/launcher_packages.sh"
  launch --
  expect "a set-up from before a change of the package table is made anew" says "configuring"
  mv "$scratch/torch" "$scratch/moved"
  launch CAROUSEL_TORCH="$scratch/moved" --
  expect "another CAROUSEL_TORCH configures again" says "configuring"
  mv "$scratch/moved" "$scratch/torch"
  launch CAROUSEL_TORCH="$scratch/moved" --
  expect "a LibTorch that vanished is noticed" says "which holds no LibTorch"
  launch --
  (cd "$scratch/elsewhere" && touch "$project/apps/main.cpp" &&
    CAROUSEL_TORCH=$scratch/torch CAROUSEL_NO_INSTALL=1 "$project/carousel" >"$scratch/other" 2>&1) &
  launch --
  wait $! || status=$?
  expect "two starts at a time both succeed" exits_with 0
  echo 'broken' >>"$project/apps/main.cpp"
  launch --
  expect "a failed build stops" exits_with 1
  expect "... and names the log" says "the build failed; the compiler's messages are above and in $project/build/release"
}

# The Python of an environment: notes what it installs, and leaves a folder where torch would be.
fake_venv_python() {
  fake_command "$scratch" venv_python "
    what=pip
    case \$* in *torch==*) what=\${4:-torch} ;; esac
    echo \$what >>$scratch/calls
    [ ! -e $scratch/offline ] || exit 1
    case \$what in torch*) mkdir -p \${0%/bin/python}/lib/python3.11/site-packages/torch ;; esac"
}

# A PATH whose Python, package manager and ctest only note in $scratch/calls what was asked of them.
path_for_tests() {
  local path
  path=$(path_without python3)
  fake_venv_python
  fake_command "$path" ctest "echo ctest >>$scratch/calls"
  fake_command "$path" id 'echo 0'
  fake_command "$path" python3 "
    [ \"\$2\" = venv ] || exit 0
    mkdir -p \"\$3/bin\" \"\$3/lib/python3.11/site-packages\"
    cp $scratch/venv_python \"\$3/bin/python\"
    echo venv >>$scratch/calls"
  fake_command "$path" apt-get "
    [ \"\$*\" != update ] || exit 0
    [ ! -e $scratch/offline ] || exit 1
    case \$* in
      *chromium-driver*) made='chromium chromedriver' ;;
      *libclang-rt-dev*) made=clang++ ;;
    esac
    mkdir -p $scratch/runtime
    touch $scratch/runtime/libclang_rt.fuzzer.a
    for name in \$made; do
      printf '#!/bin/sh\necho $scratch/runtime\n' >$path/\$name
      chmod +x $path/\$name
    done
    echo apt >>$scratch/calls"
  echo "$path"
}

calls_are() {
  [[ $(tr '\n' ' ' 2>/dev/null <"$scratch/calls") == "$1" ]] && : >"$scratch/calls"
}

needs_of_tests() {
  local path
  path=$(path_for_tests)
  : >"$scratch/calls"
  launch PATH="$path" CAROUSEL_BUILD_DIR="$scratch/tests" --
  expect "a start that tests nothing asks for nothing that only tests need" calls_are ""
  launch PATH="$path" CAROUSEL_BUILD_DIR="$scratch/tests" -- test
  expect "with CAROUSEL_NO_INSTALL only the tests run" calls_are "ctest "
  expect "... and succeed" exits_with 0
  expect "... it says that tests in Python are skipped" says "tests in Python will be skipped"
  expect "... and how to get their packages" says "$scratch/tests/venv/bin/pip install -r"
  expect "... and how to get a browser" says "apt-get install -y --no-install-recommends chromium chromium-driver"
  expect "... and how to get the fuzzer" says "apt-get install -y --no-install-recommends clang libclang-rt-dev"
  touch "$scratch/offline"
  launch PATH="$path" CAROUSEL_BUILD_DIR="$scratch/tests" CAROUSEL_NO_INSTALL= -- test
  expect "without a network the tests run all the same" calls_are "venv pip ctest "
  expect "... and it says what is skipped" says "tests that need a browser will be skipped"
  expect "... the fuzz targets too" says "the fuzz targets will be skipped"
  rm "$scratch/offline"
  launch PATH="$path" CAROUSEL_BUILD_DIR="$scratch/tests" CAROUSEL_NO_INSTALL= -- test
  expect "an environment without the packages gets them, and a browser and the fuzzer are installed" calls_are "apt apt pip torch==2.13.0+cpu ctest "
  launch PATH="$path" CAROUSEL_BUILD_DIR="$scratch/tests" CAROUSEL_NO_INSTALL= -- test
  expect "the next test run asks for nothing" calls_are "ctest "
  expect "... and is silent" is_silent
  echo writer==2.0 >>"$project/tests/requirements.txt"
  launch PATH="$path" CAROUSEL_BUILD_DIR="$scratch/tests" CAROUSEL_NO_INSTALL= -- test
  expect "a new package in the list is fetched" calls_are "pip ctest "
}

# fake_python_torch <folder of packages> <Python's version, as 311>   a LibTorch that is a Python package
fake_python_torch() {
  fake_torch "$1/torch" 2.13.0
  touch "$1/torch/_C.cpython-$2-x86_64-linux-gnu.so"
}

torch_of_tests() {
  local path folder=$scratch/linked packages=$scratch/linked/venv/lib/python3.11/site-packages
  path=$(path_for_tests)
  fake_command "$path" chromium ""
  fake_command "$path" chromedriver ""
  fake_command "$path" clang++ "echo $scratch/runtime"
  fake_npm "$path"
  fake_python_torch "$scratch/same/python3.11/site-packages" 311
  fake_python_torch "$scratch/older/python3.9/site-packages" 39
  : >"$scratch/calls"
  launch PATH="$path" CAROUSEL_BUILD_DIR="$folder" CAROUSEL_NO_INSTALL= CAROUSEL_TORCH="$scratch/same/python3.11/site-packages/torch" -- test
  expect "a LibTorch that is a package of the same Python is what the tests in Python get" calls_are "venv pip ctest "
  expect "... by its folder" test "$(cat "$packages/torch_of_the_build.pth")" = "$scratch/same/python3.11/site-packages"
  launch PATH="$path" CAROUSEL_BUILD_DIR="$folder" CAROUSEL_TORCH="$scratch/same/python3.11/site-packages/torch" -- test
  expect "... and the next test run is silent" is_silent
  cp -r "$scratch/same" "$scratch/moved_packages"
  launch PATH="$path" CAROUSEL_BUILD_DIR="$folder" CAROUSEL_TORCH="$scratch/moved_packages/python3.11/site-packages/torch" -- test
  expect "another LibTorch takes its place" test "$(cat "$packages/torch_of_the_build.pth")" = "$scratch/moved_packages/python3.11/site-packages"
  : >"$scratch/calls"
  launch PATH="$path" CAROUSEL_BUILD_DIR="$folder" CAROUSEL_TORCH="$scratch/older/python3.9/site-packages/torch" -- test
  expect "one of another Python is no use: CAROUSEL_NO_INSTALL gives the command" says "venv/bin/pip install torch==2.13.0+cpu"
  expect "... and says which tests are skipped" says "tests that compare with Python's torch will be skipped"
  expect "... and the others run" calls_are "ctest "
  launch PATH="$path" CAROUSEL_BUILD_DIR="$folder" CAROUSEL_NO_INSTALL= CAROUSEL_TORCH="$scratch/older/python3.9/site-packages/torch" -- test
  expect "... else its version is fetched" calls_are "torch==2.13.0+cpu ctest "
}

# fake_npm <PATH folder>   notes that it was called; fetches the version asked for unless $scratch/offline exists
fake_npm() {
  fake_command "$1" npm "
    echo called >>$scratch/npm
    [ ! -e $scratch/offline ] || exit 1
    mkdir -p \$3/node_modules/echarts/dist
    for word; do :; done
    echo \"\\\"version\\\": \\\"\${word#*@}\\\"\" >\$3/node_modules/echarts/package.json
    echo charts >\$3/node_modules/echarts/dist/echarts.min.js"
}

npm_calls_are() { [[ $(wc -l 2>/dev/null <"$scratch/npm") -eq $1 ]]; }

charts() {
  local path folder=$scratch/charted
  path=$(path_without)
  fake_command "$path" id 'echo 0'
  : >"$scratch/npm"
  launch PATH="$path" CAROUSEL_BUILD_DIR="$folder" --
  expect "with CAROUSEL_NO_INSTALL the program is built without charts" exits_with 0
  expect "... and it says how to get them" says "  npm install --prefix $folder/charts --ignore-scripts --no-save"
  launch PATH="$path" CAROUSEL_BUILD_DIR="$folder" --
  expect "... once: the next start is silent" is_silent
  fake_command "$path" apt-get 'case $* in *npm*) exit 1 ;; esac'
  launch PATH="$path" CAROUSEL_BUILD_DIR="$folder" CAROUSEL_NO_INSTALL= -- report
  expect "a report asks again for what is missing, and runs where npm cannot be installed" exits_with 42
  expect "... and says what is missing" says "npm is missing"
  fake_npm "$path"
  touch "$scratch/offline"
  launch PATH="$path" CAROUSEL_BUILD_DIR="$folder" CAROUSEL_NO_INSTALL= -- report
  expect "without a network the program starts all the same" exits_with 42
  expect "... and says that it has no charts" says "it could not be fetched: carousel report will have no charts"
  rm "$scratch/offline"
  launch PATH="$path" CAROUSEL_BUILD_DIR="$folder" CAROUSEL_NO_INSTALL= -- report
  expect "with a network the charts are fetched and the build is configured with them" says "configuring"
  expect "... by one call of npm" npm_calls_are 2
  touch "$scratch/offline"
  launch PATH="$path" CAROUSEL_BUILD_DIR="$folder" CAROUSEL_NO_INSTALL= -- report
  expect "who has the charts needs no network" is_silent
  head -n 3 "$folder/release/launcher.stamp" >"$scratch/stamp"
  cp "$scratch/stamp" "$folder/release/launcher.stamp"
  launch PATH="$path" CAROUSEL_BUILD_DIR="$folder" CAROUSEL_NO_INSTALL= --
  expect "a set-up from before there were charts is made anew" says "configuring"
  expect "... without fetching what is there" npm_calls_are 2
  sed -i 's/^charts_pinned=.*/charts_pinned=99.0.0/' "$project/cmake/launcher_charts.sh"
  launch PATH="$path" CAROUSEL_BUILD_DIR="$folder" CAROUSEL_NO_INSTALL= --
  expect "a newer pinned version is asked for; offline the one at hand is used" says "it could not be fetched: the version at hand is used"
  launch PATH="$path" CAROUSEL_BUILD_DIR="$folder" CAROUSEL_NO_INSTALL= --
  expect "... and asked for once" is_silent
  launch CAROUSEL_ECHARTS="$scratch/none.js" --
  expect "a CAROUSEL_ECHARTS that is no file is refused with its name" says "CAROUSEL_ECHARTS is '$scratch/none.js', which is no file"
  rm "$scratch/offline"
}

make_project
fake_torch "$scratch/torch" 2.13.0
refusals
missing_packages
no_torch
needs_of_tests
torch_of_tests
charts
starts
echo "$failures failed"
exit $((failures > 0))
