#!/usr/bin/env bash
# Uses Carousel as a user would, from copies of the examples' folders: installed and found with find_package, or as a
# subdirectory. The example with a cell must learn; the program with a cell and a task of its own has every command.
#   use_from_outside.sh installed|subdirectory <build folder> <LibTorch> <options for cmake>...
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
how=$1 build=$2 torch=$3
place=$build/outside_$how   # the same place each time, so that a compiler cache can answer
rm -rf "$place"
mkdir -p "$place"

fail() {
  echo "FAILED: $*"
  exit 1
}

# build_example <name> <options for cmake>...
build_example() {
  cp -r "$root/apps/examples/$1" "$place/$1"
  cmake -S "$place/$1" -B "$place/$1/build" -G Ninja -DCAROUSEL_TORCH="$torch" "${@:2}" 2>&1 | tee "$place/configured"
  cmake --build "$place/$1/build" --target "$1"
}

# says <pattern> <command>...: its output has the pattern. Not "| grep -q": it leaves at the first hit, and what is still
# writing then ends by a broken pipe.
says() {
  "${@:2}" >"$place/output" 2>&1 && grep -q "$1" "$place/output"
}

# unwrapped <command>...: its output on one line, as CMake breaks a warning where it likes.
unwrapped() {
  "$@" 2>&1 | tr -s "[:space:]" " "
}

own_cell() {
  "$place/own_cell/build/own_cell" | tee "$place/output"
  grep -q 'dh 10^.* over 49 steps' "$place/output" || fail "the example does not show how far the gradient reached"
  awk '/always answering 1/ { learnt = $4 + 0 < 0.5 * $NF } END { exit !learnt }' "$place/output" ||
    fail "the example's error is not below half of the baseline"
}

own_program() {
  local program=$place/own_program/build/own_program
  [[ -x $program ]] || program=$place/own_program/build/bin/own_program
  says janet "$program" list cells || fail "the program does not list its own cell"
  "$program" train majority --threads 1 --runs-dir "$place/runs" --quiet --json >"$place/result" || fail "training its own task"
  grep -q '"reason": "target"' "$place/result" || fail "its own cell does not learn its own task"
  says Lyapunov "$program" flow "$place/runs/majority-janet-001" || fail "flow of a run with a cell of one's own"
}

if [[ $how == installed ]]; then
  cmake --install "$build" --prefix "$place/prefix" >"$place/install.log"
  build_example own_cell -DCMAKE_PREFIX_PATH="$place/prefix" "${@:4}"
  own_cell
  build_example own_program -DCMAKE_PREFIX_PATH="$place/prefix" "${@:4}"
  says "compiled without optimisation" unwrapped cmake -S "$place/own_cell" -B "$place/debug" -G Ninja -DCAROUSEL_TORCH="$torch" \
    -DCMAKE_PREFIX_PATH="$place/prefix" -DCMAKE_BUILD_TYPE=Debug || fail "nobody warns that the kernels will be slow"
else
  build_example own_program -DCAROUSEL_SOURCE="$root" "${@:4}"
fi
own_program
rm -rf "$place"
