# Shared by format.sh and clang_tidy.sh: the tools they run, in pinned versions, in an environment of their own. Exit code 77 says
# that the tools cannot be had.
# shellcheck shell=bash disable=SC2154  # root is the script's

build_root=${CAROUSEL_BUILD_DIR:-$root/build}
style_venv=$build_root/style-venv

without_tools() {
  printf '%s\n' "$@" >&2
  exit 77
}

# need_tools <list of packages>   a copy of the list says that it was installed
need_tools() {
  local list=$root/tests/style/$1 installed=$style_venv/$1
  local by_hand=("  python3 -m venv $style_venv" "  $style_venv/bin/pip install -r $list" "  cp $list $installed")
  ! cmp -s "$list" "$installed" || return 0
  [[ -z ${CAROUSEL_NO_INSTALL-} ]] ||
    without_tools "the tools of $list are missing and CAROUSEL_NO_INSTALL forbids fetching them; run this:" "${by_hand[@]}"
  echo "fetching the tools of $list into $style_venv (once)" >&2
  mkdir -p "$style_venv"
  local log=$style_venv/install.log
  { python3 -m venv "$style_venv" &&
    "$style_venv/bin/python" -m pip install --retries 1 --disable-pip-version-check -r "$list"; } >"$log" 2>&1 ||
    without_tools "the tools of $list could not be fetched (log: $log)"
  cp "$list" "$installed"
}

# tracked <pattern>...   the project's files, each ended by a zero byte
tracked() {
  local name
  git ls-files -z -- "$@" | while IFS= read -r -d '' name; do
    [[ ! -f $name ]] || printf '%s\0' "$name"
  done
}
