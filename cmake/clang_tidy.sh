#!/usr/bin/env bash
# clang-tidy, with the checks of .clang-tidy, over the C++ files that differ from another revision: files of the working tree too.
#   cmake/clang_tidy.sh [revision]     default: origin/main, or HEAD~1 where there is none
# It configures build/tidy and builds nothing. Exit code 1: it found something; 77: the tools cannot be had.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source-path=SCRIPTDIR
source "$root/cmake/style_tools.sh"
build=$build_root/tidy

base_revision() {
  if git rev-parse --quiet --verify "${1-origin/main}^{commit}" >/dev/null; then
    echo "${1-origin/main}"
  elif [[ -z ${1-} ]]; then
    echo HEAD~1
  else
    echo "clang_tidy.sh: git knows no revision '$1'" >&2
    return 2
  fi
}

# Each source by itself. What g++ precompiles is read as text there, since nothing is built.
configure() {
  local options=(-DCAROUSEL_UNITY=OFF -DCAROUSEL_WERROR=OFF) torch
  torch=$(sed -n 's/^CAROUSEL_TORCH_FOUND:[A-Z]*=//p' "$build_root/release/CMakeCache.txt" 2>/dev/null) || true
  [[ -n ${CAROUSEL_TORCH-} || -z $torch ]] || options+=("-DCAROUSEL_TORCH=$torch")
  cmake --preset release -B "$build" "${options[@]}" >"$build_root/tidy.log" 2>&1 && return
  echo "configuring failed: start ./carousel first, which fetches what is missing (log: $build_root/tidy.log)" >&2
  return 1
}

# Headers too, which are read as a source of a similar name would be; not sources that the build does not compile.
changed_files() {
  local name
  git diff --name-only --diff-filter=d -z "$1" -- '*.cpp' '*.h' | while IFS= read -r -d '' name; do
    if [[ $name == *.h ]] || grep -qF "\"$root/$name\"" "$build/compile_commands.json"; then printf '%s\0' "$name"; fi
  done
}

find_clang_tidy() {
  clang_tidy=$(command -v clang-tidy) || {
    need_tools tidy_requirements.txt
    clang_tidy=$style_venv/bin/clang-tidy
  }
}

cd "$root"
base=$(base_revision "$@")
mkdir -p "$build_root"
find_clang_tidy
configure
changed_files "$base" |
  xargs -0 -r -n 1 -P "$(getconf _NPROCESSORS_ONLN)" "$clang_tidy" -p "$build" --quiet --extra-arg=-Wno-unknown-warning-option --extra-arg=-fno-openmp || exit 1
