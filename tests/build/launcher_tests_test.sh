#!/usr/bin/env bash
# What the launcher promises about the tests and the formatters: what only they need is fetched for them alone, and which run.
set -euo pipefail
# shellcheck source=tests/build/launcher_scratch.sh
source "$(dirname "${BASH_SOURCE[0]}")/launcher_scratch.sh"

# A PATH whose Python, package manager and ctest only note in $scratch/calls what was asked of them.
path_for_tests() {
  local path
  path=$(path_without python3)
  fake_python "$path"
  fake_command "$path" ctest "echo ctest >>$scratch/calls; echo \"\$*\" >$scratch/ctest_words"
  fake_command "$path" id 'echo 0'
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
  expect "an environment without the packages gets them, and a browser and the fuzzer are installed" calls_are "apt apt pip torch==2.13.0+cpu compile ctest "
  launch PATH="$path" CAROUSEL_BUILD_DIR="$scratch/tests" CAROUSEL_NO_INSTALL= -- test
  expect "the next test run asks for nothing" calls_are "ctest "
  expect "... and is silent" is_silent
  rm -r "$scratch/tests/venv/lib/python3.11/site-packages/torch/__pycache__"
  launch PATH="$path" CAROUSEL_BUILD_DIR="$scratch/tests" CAROUSEL_NO_INSTALL= -- test
  expect "a torch that Python has not compiled yet is compiled, once for all tests" calls_are "compile ctest "
  echo writer==2.0 >>"$project/tests/requirements.txt"
  launch PATH="$path" CAROUSEL_BUILD_DIR="$scratch/tests" CAROUSEL_NO_INSTALL= -- test
  expect "a new package in the list is fetched" calls_are "pip ctest "
}

tuner() {
  local path
  path=$(path_for_tests)
  launch PATH="$path" CAROUSEL_BUILD_DIR="$scratch/tuner" -- list
  : >"$scratch/calls"
  launch PATH="$path" CAROUSEL_BUILD_DIR="$scratch/tuner" CAROUSEL_NO_INSTALL= -- sweep --tuner none
  expect "a sweep without a tuner asks for no Python" calls_are ""
  launch PATH="$path" CAROUSEL_BUILD_DIR="$scratch/tuner" -- sweep --tuner optuna
  expect "CAROUSEL_NO_INSTALL forbids fetching Optuna, and says how to get it" says "pip install optuna=="
  expect "... and the program is started all the same" prints "$scratch/elsewhere|sweep|--tuner|optuna"
  launch PATH="$path" CAROUSEL_BUILD_DIR="$scratch/tuner" CAROUSEL_NO_INSTALL= CAROUSEL_PYTHON=/usr/bin/true -- sweep --tuner=optuna
  expect "a Python of the user's own is left as it is" calls_are ""
  launch PATH="$path" CAROUSEL_BUILD_DIR="$scratch/tuner" CAROUSEL_NO_INSTALL= -- sweep --tuner=optuna
  expect "a sweep with Optuna fetches it" calls_are "venv pip "
  expect "... and says so" says "fetching Optuna into"
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
  expect "a LibTorch that is a package of the same Python is what the tests in Python get" calls_are "venv pip compile ctest "
  expect "... by its folder" test "$(cat "$packages/torch_of_the_build.pth")" = "$scratch/same/python3.11/site-packages"
  launch PATH="$path" CAROUSEL_BUILD_DIR="$folder" CAROUSEL_TORCH="$scratch/same/python3.11/site-packages/torch" -- test
  expect "... and the next test run is silent" is_silent
  cp -r "$scratch/same" "$scratch/moved_packages"
  launch PATH="$path" CAROUSEL_BUILD_DIR="$folder" CAROUSEL_TORCH="$scratch/moved_packages/python3.11/site-packages/torch" -- test
  expect "another LibTorch takes its place" test "$(cat "$packages/torch_of_the_build.pth")" = "$scratch/moved_packages/python3.11/site-packages"
  expect "... and what Python has compiled once is not compiled again" calls_are "ctest ctest "
  launch PATH="$path" CAROUSEL_BUILD_DIR="$folder" CAROUSEL_TORCH="$scratch/older/python3.9/site-packages/torch" -- test
  expect "one of another Python is no use: CAROUSEL_NO_INSTALL gives the command" says "venv/bin/pip install torch==2.13.0+cpu"
  expect "... and says which tests are skipped" says "tests that compare with Python's torch will be skipped"
  expect "... and the others run" calls_are "ctest "
  launch PATH="$path" CAROUSEL_BUILD_DIR="$folder" CAROUSEL_NO_INSTALL= CAROUSEL_TORCH="$scratch/older/python3.9/site-packages/torch" -- test
  expect "... else its version is fetched" calls_are "torch==2.13.0+cpu compile ctest "
}

python_package() {
  local path folder=$scratch/with_package packages=$scratch/with_package/venv/lib/python3.11/site-packages
  path=$(path_for_tests)
  fake_npm "$path"
  fake_python_torch "$scratch/of_package/python3.11/site-packages" 311
  local torch=$scratch/of_package/python3.11/site-packages/torch
  : >"$scratch/calls"
  launch PATH="$path" CAROUSEL_BUILD_DIR="$folder" CAROUSEL_NO_INSTALL= CAROUSEL_TORCH="$torch" -- python -c 'import torch'
  expect "./carousel python starts the environment's Python with the same arguments" calls_are "venv compile "
  expect "... which finds the package where it was built" test "$(cat "$packages/carousel_of_the_build.pth")" = "$folder/release/python"
  expect "... and the torch it was built against" test "$(cat "$packages/torch_of_the_build.pth")" = "${torch%/torch}"
  launch PATH="$path" CAROUSEL_BUILD_DIR="$folder" CAROUSEL_TORCH="$torch" -- python
  expect "... and the next start is silent" is_silent
}

# shellcheck disable=SC2329  # called by expect
ctest_gets() { [[ $(<"$scratch/ctest_words") == *" --output-on-failure${1:+ $1}" ]]; }

which_tests() {
  local path
  path=$(path_for_tests)
  launch PATH="$path" -- test
  expect "what takes minutes is left out" ctest_gets "-LE long"
  launch PATH="$path" -- test --all
  expect "... except with --all, which ctest does not see" ctest_gets ""
  launch PATH="$path" -- test --all -V
  expect "... nor beside other options" ctest_gets "-V"
  launch PATH="$path" -- test -V
  expect "options go to ctest" ctest_gets "-LE long -V"
  launch PATH="$path" -- test -R slow
  expect "... and one that names tests runs them however long they take" ctest_gets "-R slow"
  printf '#!/bin/sh\necho "  GoesOn"\n' >"$project/build/release/bin/carousel_tests"
  chmod +x "$project/build/release/bin/carousel_tests"
  launch PATH="$path" -- test Lstm
  expect "... as does a word" ctest_gets "-L gtest"
}

formatters() {
  local path tools=$project/build/style-venv
  path=$(path_without)
  mkdir -p "$project/tests/style"
  cp "$repository"/cmake/{format,style_tools}.sh "$project/cmake/"
  echo formatter==1 >"$project/tests/style/requirements.txt"
  launch -- format
  expect "what is no checkout has no files to format: that is skipped, not a failure" exits_with 77
  expect "... and says why" says "is no checkout"
  git -C "$project" init --quiet
  printf 'import  os\n' >"$project/apps/tool.py"
  git -C "$project" add apps carousel cmake
  launch -- format --check
  expect "without the tools, CAROUSEL_NO_INSTALL skips" exits_with 77
  expect "... and gives the commands" says "$tools/bin/pip install -r $project/tests/style/requirements.txt"
  launch PATH="$path" CAROUSEL_NO_INSTALL= PIP_NO_INDEX=1 PIP_EXTRA_INDEX_URL= PIP_FIND_LINKS= -- format --check
  expect "without a network too" exits_with 77
  expect "... and says so" says "could not be fetched"
  mkdir -p "$tools/bin"
  cp "$project/tests/style/requirements.txt" "$tools/"
  fake_command "$tools/bin" clang-format "echo \"\$@\" >>$scratch/formatted
    case \$* in *--dry-run*) echo 'apps/main.cpp:1:2: warning: code should be clang-formatted' >&2 ;; esac"
  fake_command "$tools/bin" ruff "[ \"\$1\" != format ] || { echo 'apps/tool.py:1:1: unformatted: File would be reformatted'; exit 1; }"
  fake_command "$tools/bin" shellcheck "echo 'carousel:1:1: warning: a word'; exit 1"
  launch -- format --check
  expect "a check that finds something fails" exits_with 1
  expect "... and names the C++ files" says $'clang-format would have it:\napps/main.cpp\n'
  expect "... the Python files" says $'ruff would have it:\napps/tool.py\n'
  expect "... and what shellcheck says" says "carousel:1:1: warning: a word"
  expect "... and has changed nothing" test "$(<"$scratch/formatted")" = "--dry-run apps/main.cpp"
  fake_command "$tools/bin" ruff ""
  fake_command "$tools/bin" shellcheck ""
  launch -- format
  expect "formatting changes the files" test "$(tail -n 1 "$scratch/formatted")" = "-i apps/main.cpp"
  expect "... and is silent when nothing is left" is_silent
  expect "... and succeeds" exits_with 0
  launch -- format --chek
  expect "an unknown option is refused" exits_with 2
}

needs_of_tests
torch_of_tests
python_package
tuner
which_tests
formatters
finish
