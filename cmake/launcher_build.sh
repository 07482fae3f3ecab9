# Part of the launcher: configures with CMake and builds with ninja.
# shellcheck shell=bash disable=SC2154,SC2034  # variables shared with the launcher

# configure <of what> <option of CMake>...
configure() {
  local options=(--preset "$preset" -B "$build" -UCAROUSEL_CCACHE "${@:2}") recorded
  say "configuring $build $1"
  if [[ -f $charts ]]; then options+=("-DCAROUSEL_ECHARTS=$charts"); else options+=(-UCAROUSEL_ECHARTS); fi
  if [[ -n $(arrow_folder) ]]; then options+=("-DCAROUSEL_ARROW=$(arrow_folder)"); else options+=(-UCAROUSEL_ARROW); fi
  is_tested_compiler || options+=(-DCAROUSEL_WERROR=OFF)   # a new compiler's new warning must not stop a user
  if [[ -f $stamp ]]; then
    IFS= read -r recorded <"$stamp" || true
    [[ $recorded == "$request" ]] || options+=(--fresh)
  fi
  rm -f "$stamp"
  (cd "$root" && cmake "${options[@]}") >>"$log" 2>&1 && return
  sed -n '/^CMake Error/,/^Call Stack/p' "$log" | sed '/^Call Stack/d' >&2
  fail "configuring failed; the whole story is in $log"
}

configure_all() { configure "with LibTorch $torch_version in $torch_dir" -DCAROUSEL_WITHOUT_TORCH=OFF "-DCAROUSEL_TORCH=$torch_dir"; }

cores() { getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1; }

# A compilation needs up to 2 GB: no more of them at a time than cores, nor than memory holds.
parallel_jobs() {
  local kilobytes cores memory
  cores=$(cores)
  if [[ -r /proc/meminfo ]]; then
    kilobytes=$(sed -n 's/^MemTotal: *\([0-9]*\).*/\1/p' /proc/meminfo)
  else
    kilobytes=$(($(sysctl -n hw.memsize 2>/dev/null || echo 4294967296) / 1024))
  fi
  memory=$((kilobytes / 2 / 1000 / 1000))
  ((memory >= 1)) || memory=1
  echo $((memory < cores ? memory : cores))
}

# build_target <target> [doing] [job]   see build_in_view
build_target() {
  build_in_view "${2:-building}" "$1" "${3-}" ||
    fail "the build failed; the compiler's messages are above and in $log"
}

# While LibTorch is fetched, what needs none is built in the same folder. When LibTorch has come that gives way: what is left of
# it goes well beside the long header of torch.
build_without_torch() {
  [[ -n $(job_process torch) ]] || return 0
  grep -q CAROUSEL_WITHOUT_TORCH "$root/CMakeLists.txt" || return 0
  configure "for what needs no LibTorch, to build it meanwhile" -DCAROUSEL_WITHOUT_TORCH=ON
  job_has_ended torch || build_target carousel_without_torch "building what needs no LibTorch" torch
  job_has_ended torch || say "waiting for LibTorch"
}
