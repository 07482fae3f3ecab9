# Part of the launcher: finds out which tools and libraries are missing and installs them with the system's package
# manager. It looks for the commands and headers themselves, so that a library installed by hand counts too.
# shellcheck shell=bash disable=SC2154,SC2034  # variables shared with the launcher

# what              apt-get                      dnf                      pacman          brew
package_table='
compiler            g++                          gcc-c++                  gcc             llvm
newer-compiler      g++-12                       gcc-c++                  gcc             llvm
cmake               cmake                        cmake                    cmake           cmake
ninja               ninja-build                  ninja-build              ninja           ninja
fmt                 libfmt-dev                   fmt-devel                fmt             fmt
spdlog              libspdlog-dev                spdlog-devel             spdlog          spdlog
googletest          libgtest-dev,libgmock-dev    gtest-devel,gmock-devel  gtest           googletest
cli11               libcli11-dev                 cli11-devel              cli11           cli11
nlohmann-json       nlohmann-json3-dev           json-devel               nlohmann-json   nlohmann-json
tomlplusplus        libtomlplusplus-dev          tomlplusplus-devel       tomlplusplus    tomlplusplus
protozero           libprotozero-dev             protozero-devel          protozero       protozero
libzip              libzip-dev                   libzip-devel             libzip          libzip
gloo                libgloo-dev                  gloo-devel               gloo            gloo
npm                 npm                          npm                      npm             node
python              python3,python3-venv         python3                  python          python
browser             chromium,chromium-driver     chromium,chromedriver    chromium        chromium,chromedriver
fuzzer              clang,libclang-rt-dev        clang,compiler-rt        clang,compiler-rt llvm
'

has() { command -v "$1" >/dev/null 2>&1; }

has_header() {
  local folder more=${CPATH-}:${CMAKE_PREFIX_PATH-}
  # shellcheck disable=SC2086  # one word a folder
  for folder in /usr/include /usr/local/include /opt/homebrew/include ${more//[:;]/ }; do
    [[ -e $folder/$1 || -e $folder/include/$1 ]] && return
  done
  return 1
}

has_python_venv() { python3 -c 'import venv, ensurepip' >/dev/null 2>&1; }

# at_least <version> <minimum>   both as major.minor
at_least() {
  local major=${1%%.*} rest=${1#*.}
  local minor=${rest%%[!0-9]*}
  [[ $major == *[!0-9]* || -z $major ]] && return 1
  ((major > ${2%%.*} || (major == ${2%%.*} && ${minor:-0} >= ${2#*.})))
}

is_usable_compiler() {
  has "$1" || return 1
  local minimum=12.0
  [[ $("$1" --version 2>/dev/null) == *clang* ]] && minimum=14.0
  at_least "$("$1" -dumpversion 2>/dev/null).0" "$minimum"
}

# Sets CXX to the first compiler that is new enough.
choose_compiler() {
  local candidate candidates=(c++ g++ g++-{16..12} clang++ clang++-{21..14})
  [[ -z ${CXX-} ]] || candidates=("$CXX")
  for candidate in "${candidates[@]}"; do
    if is_usable_compiler "$candidate"; then
      export CXX=$candidate
      return
    fi
  done
  return 1
}

# The compiler that the tests run with: warnings are errors there.
is_tested_compiler() { [[ $("$CXX" -dumpfullversion 2>/dev/null) == 12.* ]]; }

has_new_cmake() { has cmake && at_least "$(cmake --version | sed -n 's/^cmake version //p')" 3.25; }

missing_things() {
  if ! choose_compiler; then
    if has g++; then echo newer-compiler; else echo compiler; fi
  fi
  has cmake || echo cmake
  has ninja || echo ninja
  has_header fmt/format.h || echo fmt
  has_header spdlog/spdlog.h || echo spdlog
  { has_header gtest/gtest.h && has_header gmock/gmock.h; } || echo googletest
  has_header CLI/CLI.hpp || echo cli11
  has_header nlohmann/json.hpp || echo nlohmann-json
  has_header toml++/toml.h || echo tomlplusplus
  has_header protozero/pbf_writer.hpp || echo protozero
  has_header zip.h || echo libzip
  # For trainings of several processes; without its headers all else is built.
  if has apt-get; then has_header gloo/context.h || echo gloo; fi
  if [[ -z $torch_dir ]]; then has_python_venv || echo python; fi
}

package_manager() {
  local name
  for name in apt-get dnf pacman brew; do
    if has "$name"; then
      echo "$name"
      return
    fi
  done
  return 1
}

# package_names <manager> <thing>...
package_names() {
  local manager=$1 thing apt dnf pacman brew name
  shift
  while read -r thing apt dnf pacman brew; do
    case $manager in
      apt-get) name=$apt ;;
      dnf) name=$dnf ;;
      pacman) name=$pacman ;;
      brew) name=$brew ;;
    esac
    [[ -n $thing && " $* " == *" $thing "* ]] && echo "${name//,/ }"
  done <<<"$package_table"
  return 0
}

# How to become root: nothing to put in front, sudo, or no way.
find_root_prefix() {
  root_prefix=()
  [[ $1 == brew || $(id -u) == 0 ]] && return
  has sudo || return 1
  root_prefix=(sudo)
  [[ -t 0 ]] || sudo -n true 2>/dev/null
}

# plan_install <thing>...   sets manager, names, install_command and root_prefix; stops where there is no way or no right
plan_install() {
  [[ -z ${CXX-} || " $*" != *compiler* ]] ||
    fail "the compiler CXX=$CXX is missing or too old: set it to g++ 12, clang 14 or newer, or unset it"
  manager=$(package_manager) ||
    fail "missing: $*; this system has none of apt-get, dnf, pacman and brew, so install them by hand and start again"
  read -r -d '' -a names < <(package_names "$manager" "$@") || true
  case $manager in
    apt-get) install_command=(apt-get install -y --no-install-recommends "${names[@]}") ;;
    dnf) install_command=(dnf install -y "${names[@]}") ;;
    pacman) install_command=(pacman -S --needed --noconfirm "${names[@]}") ;;
    brew) install_command=(brew install "${names[@]}") ;;
  esac
  if [[ -n ${CAROUSEL_NO_INSTALL-} ]] || ! find_root_prefix "$manager"; then
    local reason="there is no right to install it"
    [[ -z ${CAROUSEL_NO_INSTALL-} ]] || reason="CAROUSEL_NO_INSTALL forbids installing it"
    [[ $manager == brew || $(id -u) == 0 ]] || install_command=(sudo "${install_command[@]}")
    say "missing: $* ($reason); run this, then start again:"
    printf '  %s\n' "${install_command[*]}" >&2
    [[ -n $torch_dir ]] || print_torch_commands
    exit 1
  fi
}

# install <thing>...
install() {
  local manager names install_command root_prefix
  plan_install "$@"
  say "installing ${names[*]} with $manager"
  if [[ $manager == apt-get ]]; then
    logged "${root_prefix[@]+"${root_prefix[@]}"}" apt-get update ||
      say "apt-get update failed; trying with the package lists at hand"
    install_command=(env DEBIAN_FRONTEND=noninteractive "${install_command[@]}")
  fi
  logged "${root_prefix[@]+"${root_prefix[@]}"}" "${install_command[@]}" ||
    fail "installing ${names[*]} failed; the package manager's messages are in $log"
}

# LibTorch is fetched meanwhile, where there is a Python for it already.
install_missing_packages() {
  local things
  things=$(missing_things)
  # shellcheck disable=SC2086  # one word a thing
  [[ -z $things ]] || (plan_install $things) || exit 1   # before anything is begun
  [[ -n $torch_dir ]] || ! has_python_venv || begin_torch
  # shellcheck disable=SC2086  # one word a thing
  [[ -z $things ]] || install $things
  choose_compiler || fail "no C++20 compiler found: install g++ 12, clang 14 or newer, or set CXX to one"
  things=$(missing_things)
  [[ -z $things ]] || fail "still missing after installing: ${things//$'\n'/, }; install them by hand and start again"
}

# The system's cmake may be too old: a newer one, and ninja, come from the Python package index.
use_newer_cmake_where_needed() {
  has_new_cmake && return
  await_torch   # which is unpacked into the same environment
  if [[ ! -x $venv/bin/cmake ]]; then
    make_venv
    say "cmake here is older than 3.25: installing a newer one into $venv"
    logged "$venv/bin/python" -m pip install cmake ninja ||
      fail "installing cmake with pip failed: install cmake 3.25 or later by hand and start again (log: $log)"
  fi
  tools=$venv/bin:
  PATH=$tools$PATH
}
