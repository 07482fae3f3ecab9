# Part of the launcher: Python with the package that was built.
# shellcheck shell=bash disable=SC2154  # variables shared with the launcher

package_link=carousel_of_the_build.pth   # in the folder of the environment's Python packages

# start_python <argument of python>...   with torch and the package in reach; it is named by a .pth file, not copied, so that what
# is built next is what runs
start_python() {
  local packages link
  make_venv
  has_python_torch || give_python_torch || fail "there is no torch for $venv/bin/python: the package carousel cannot be loaded without"
  packages=$(python_packages)
  link=$packages/$package_link
  [[ -f $link && $(<"$link") == "$build/python" ]] || echo "$build/python" >"$link"
  exec "$venv/bin/python" "$@"
}
