# Part of the launcher: finds a LibTorch that is new enough, or fetches the pinned one into its own environment.
# CarouselTorch.cmake checks afterwards what only a compiler can tell.
# shellcheck shell=bash disable=SC2154,SC2034  # variables shared with the launcher

torch_minimum=2.13   # as in CarouselTorch.cmake
torch_pinned=2.13.0
torch_cpu_index=https://download.pytorch.org/whl/cpu   # only asked when the configured package index has no such build
torch_unfinished=$venv/torch_unfinished   # there while torch is being unpacked, and after that was interrupted
venv_unfinished=$venv/venv_unfinished
torch_dir=
torch_version=

# The folder of TorchConfig.cmake under a prefix: an unpacked LibTorch, a torch package, a CMake prefix.
config_dir() {
  local suffix
  for suffix in share/cmake/Torch libtorch/share/cmake/Torch lib/cmake/Torch Torch .; do
    if [[ -f $1/$suffix/TorchConfig.cmake ]]; then
      (cd "$1/$suffix" && pwd)
      return
    fi
  done
  return 1
}

libtorch_version() {
  sed -n 's/^set(PACKAGE_VERSION "\(.*\)")$/\1/p' "$1/TorchConfigVersion.cmake" 2>/dev/null || true
}

# Takes the LibTorch under a prefix when it is new enough. $2 says what it is.
try_torch() {
  local dir version
  dir=$(config_dir "$1") || return 1
  version=$(libtorch_version "$dir")
  if ! at_least "${version:-unknown}" "$torch_minimum"; then
    old_torch="LibTorch ${version:-of unknown version} in $dir"
    say "passing over the $2: $old_torch is too old, $torch_minimum or later is needed"
    return 1
  fi
  torch_dir=$dir
  torch_version=$version
}

locate_torch() {
  if [[ -n ${CAROUSEL_TORCH-} ]]; then
    config_dir "$CAROUSEL_TORCH" >/dev/null ||
      fail "CAROUSEL_TORCH is '$CAROUSEL_TORCH', which holds no LibTorch (no share/cmake/Torch/TorchConfig.cmake): set it to the folder of an unpacked LibTorch, or unset it to have one fetched"
    try_torch "$CAROUSEL_TORCH" "LibTorch of CAROUSEL_TORCH" 2>/dev/null ||
      fail "CAROUSEL_TORCH names $old_torch, which is too old: set it to LibTorch $torch_minimum or later, or unset it to have one fetched"
    return
  fi
  local prefix prefixes python
  IFS=':;' read -r -a prefixes <<<"${CMAKE_PREFIX_PATH-}"
  for prefix in "${prefixes[@]+"${prefixes[@]}"}"; do
    if try_torch "$prefix" "LibTorch of CMAKE_PREFIX_PATH"; then return; fi
  done
  for python in python3 python; do
    if try_torch "$(python_torch "$python")" "active Python's torch"; then return; fi
  done
  [[ ! -e $torch_unfinished ]] || return 0
  for prefix in "$venv"/lib/python3*/site-packages/torch; do
    if try_torch "$prefix" "launcher's own torch"; then return; fi
  done
}

# The folder of a Python's torch, without importing it: an import takes seconds.
python_torch() {
  "$1" -c 'import importlib.util as u; print(u.find_spec("torch").submodule_search_locations[0])' 2>/dev/null ||
    echo /nonexistent
}

# torch_requirement [version]   what pip is asked for; the pinned version unless told
torch_requirement() {
  local version=${1:-$torch_pinned} variant=+cpu   # the plain version is a CUDA build of several GB on Linux; elsewhere it is the CPU build
  [[ $(uname -s) == Linux ]] || variant=
  echo "torch==${version%%+*}$variant"
}

print_torch_commands() {
  printf '  %s\n' "python3 -m venv $venv" "$venv/bin/pip install $(torch_requirement)" >&2
}

make_venv() {
  [[ ! -x $venv/bin/python || -e $venv_unfinished ]] || return 0
  [[ -z ${CAROUSEL_NO_INSTALL-} ]] || forbid_download
  has_python_venv || install python
  [[ ! -e $venv_unfinished ]] || rm -rf "$venv"
  mkdir -p "$venv"
  touch "$venv_unfinished"
  logged python3 -m venv "$venv" || fail "python3 -m venv $venv failed; its messages are in $log"
  rm "$venv_unfinished"
}

forbid_download() {
  say "no LibTorch $torch_minimum or later was found and CAROUSEL_NO_INSTALL forbids fetching one; set CAROUSEL_TORCH to one, or run this:"
  print_torch_commands
  exit 1
}

# install_torch <requirement>   into the launcher's own environment. Compiling the Python files would take as long as all else.
install_torch() {
  local pip=("$venv/bin/python" -m pip install --no-compile --disable-pip-version-check)
  remove_unfinished_torch
  touch "$torch_unfinished"
  if ! "${pip[@]}" "$1" >>"$log" 2>&1; then
    say "the configured package index did not deliver $1: trying PyTorch's own"
    logged "${pip[@]}" --index-url "$torch_cpu_index" "$1" || return 1
  fi
  rm "$torch_unfinished"
}

remove_unfinished_torch() {
  [[ -e $torch_unfinished ]] || return 0
  rm -rf "$venv"/lib/python3*/site-packages/{torch,torch-*}
  rm "$torch_unfinished"
}

fetch_torch() {
  make_venv
  install_torch "$(torch_requirement)" ||
    fail "$(torch_requirement) could not be fetched: set CAROUSEL_TORCH to the folder of LibTorch $torch_minimum or later (log: $log)"
}

# Unless one was found or is on its way already.
begin_torch() {
  [[ -z $torch_dir && -z $(job_process torch) ]] || return 0
  [[ -z ${CAROUSEL_NO_INSTALL-} ]] || forbid_download
  say "fetching $(torch_requirement) into $venv (about 200 MB, once)"
  begin_job torch fetch_torch
}

await_torch() {
  [[ -n $(job_process torch) ]] || return 0
  await_job torch || exit 1   # it has said why
  local folder
  for folder in "$venv"/lib/python3*/site-packages/torch; do
    if try_torch "$folder" "torch just fetched"; then return; fi
  done
  fail "the torch package in $venv holds no LibTorch of version $torch_minimum or later: set CAROUSEL_TORCH to one"
}
