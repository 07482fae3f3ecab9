#!/usr/bin/env bash
# What CarouselTorch.cmake refuses, tried on make-believe LibTorchs that a few lines of C++ are enough for.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0

# fake_torch <name> <version> <blas> [compiler option]
fake_torch() {
  local root=$scratch/$1
  mkdir -p "$root/share/cmake/Torch" "$root/include/ATen" "$root/include/torch/csrc/api/include/torch" "$root/lib"
  touch "$root/share/cmake/Torch/TorchConfig.cmake" "$root/include/torch/csrc/api/include/torch/torch.h"
  printf 'set(PACKAGE_VERSION "%s")\n' "$2" >"$root/share/cmake/Torch/TorchConfigVersion.cmake"
  printf '#include <string>\nnamespace at { std::string show_config(); }\n' >"$root/include/ATen/Version.h"
  # shellcheck disable=SC2086  # nothing, or one option
  printf '#include <string>\nnamespace at { std::string show_config() { return "BLAS_INFO=%s, X"; } }\n' "$3" |
    "${CXX:-c++}" -x c++ - -shared -fPIC ${4-} -o "$root/lib/libtorch_cpu.so"
  echo | "${CXX:-c++}" -x c++ - -shared -fPIC -o "$root/lib/libc10.so"
}

make_project() {
  mkdir "$scratch/project"
  cat >"$scratch/project/CMakeLists.txt" <<CMAKE
cmake_minimum_required(VERSION 3.25)
project(Scratch LANGUAGES CXX)
include($repository/cmake/CarouselTorch.cmake)
message(STATUS "took \${CAROUSEL_TORCH_VERSION} with \${CAROUSEL_BLAS}")
CMAKE
}

# expect <sentence> <name of the fake> <what cmake must say>   cmake breaks lines, so white space does not count
expect() {
  local said
  said=$(cmake -S "$scratch/project" -B "$scratch/build" -G Ninja -DCAROUSEL_TORCH="$scratch/$2" 2>&1 | tr -s '[:space:]' ' ' || true)
  if [[ $said == *"$3"* ]]; then
    echo "ok      $1"
  else
    printf 'FAILED  %s; cmake said: %s\n' "$1" "$said"
    failures=$((failures + 1))
  fi
}

make_project
fake_torch good 2.14.1 open
fake_torch old 1.13.1 mkl
fake_torch slow 2.13.0 generic
fake_torch abi 2.13.0 mkl -D_GLIBCXX_USE_CXX11_ABI=0
mkdir "$scratch/empty"
fake_torch incomplete 2.13.0 mkl
rm "$scratch/incomplete/lib/libc10.so"

expect "a later LibTorch with OpenBLAS is taken" good "took 2.14.1 with open"
expect "LibTorch 1.13 is too old" old "LibTorch 1.13.1 in $scratch/old is too old"
expect "a generic BLAS is too slow" slow "slow BLAS (generic)"
expect "the C++ ABI from before C++11 is refused" abi "was built with the C++ ABI from before C++11"
expect "a folder without LibTorch is refused" empty "$scratch/empty, which holds no LibTorch"
expect "half a LibTorch is refused" incomplete "is incomplete"
echo "$failures failed"
exit $((failures > 0))
