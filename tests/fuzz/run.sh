#!/usr/bin/env bash
# Builds the fuzz targets with clang in a folder of their own and runs each, first over its corpus, then with changes of it.
#   run.sh <build folder> [option of libFuzzer]...     FUZZ_TARGETS="pickle torch_file" chooses some
# Without an option each target runs for 10 seconds. An input that breaks one is kept in the build folder as crash-...
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$1
shift
[[ $# -gt 0 ]] || set -- -max_total_time=10 -seed=1
mkdir -p "$build"

# The first clang++ that has libFuzzer's runtime.
find_clang() {
  local candidate
  for candidate in ${FUZZ_CXX-} clang++ clang++-{21..14}; do
    if "$candidate" -fsanitize=fuzzer,address,undefined -x c++ - -o "$build/probe" 2>/dev/null \
      <<<'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, decltype(sizeof 0)) { return 0; }'; then
      echo "$candidate"
      return
    fi
  done
  echo "skipped: there is no clang++ with libFuzzer; ./carousel test installs it (Debian: clang, libclang-rt-14-dev)" >&2
  exit 77
}

quietly() { "$@" >"$build/log" 2>&1 || { cat "$build/log" && exit 1; }; }

compiler=$(find_clang)
launcher=()
! command -v ccache >/dev/null || launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
quietly cmake -S "$here" -B "$build" -G Ninja "-DCMAKE_CXX_COMPILER=$compiler" ${launcher[@]+"${launcher[@]}"}
quietly cmake --build "$build"

# libzip asks for the time zone at each entry, and short notes of who allocated what are faster to write.
export TZ=UTC0 ASAN_OPTIONS=malloc_context_size=4:quarantine_size_mb=8
declare -A longest=([safetensors]=512 [torch_file]=2048 [pickle]=1024 [time_series]=512 [npy]=512 [toml]=512 [json]=512 [lines]=192)
declare -A words=([safetensors]=safetensors [torch_file]=pickle [pickle]=pickle [time_series]=time_series [npy]=npy [toml]=toml [json]=json [lines]=json)
for target in ${FUZZ_TARGETS:-safetensors torch_file pickle time_series npy toml json lines}; do
  found=$build/found/$target   # what widened the coverage, kept for the next run
  mkdir -p "$found"
  if ! "$build/${target}_fuzz" -max_len="${longest[$target]}" -dict="$here/${words[$target]}.dict" -malloc_limit_mb=256 \
    -artifact_prefix="$build/" -print_final_stats=1 "$@" "$found" "$here/corpus/$target" >"$build/$target.log" 2>&1; then
    tail -n 40 "$build/$target.log"
    echo "FAILED: $target; the input is the file that the last lines name, the whole story is in $build/$target.log"
    exit 1
  fi
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$target.log")
  coverage=$(sed -n 's/.*cov: \([0-9]*\) ft.*/\1/p' "$build/$target.log" | tail -n 1)
  echo "$target: $executions executions, $coverage edges covered, nothing found"
done
