#!/usr/bin/env bash
# Installs the library that was built and builds the example with it as a user would: from a copy of its folder, with
# nothing but find_package(Carousel). Then the example must learn.
#   use_from_outside.sh <build folder> <LibTorch> <options for cmake>...
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$1 torch=$2
place=$build/outside   # the same place each time, so that a compiler cache can answer
rm -rf "$place"
mkdir -p "$place"
cp -r "$root/apps/examples/own_cell" "$place/project"

cmake --install "$build" --prefix "$place/prefix" >"$place/install.log"
cmake -S "$place/project" -B "$place/project/build" -G Ninja \
  -DCMAKE_PREFIX_PATH="$place/prefix" -DCAROUSEL_TORCH="$torch" "${@:3}"
cmake --build "$place/project/build"
"$place/project/build/own_cell" | tee "$place/output"

grep -q 'dh 10^.* over 49 steps' "$place/output" || {
  echo "FAILED: the example does not show how far the gradient reached"
  exit 1
}
awk '/always answering 1/ { learnt = $4 + 0 < 0.5 * $NF } END { exit !learnt }' "$place/output" || {
  echo "FAILED: the example's error is not below half of the baseline"
  exit 1
}
rm -rf "$place"
