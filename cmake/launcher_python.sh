# Part of the launcher: Python with the package that was built, and what the program asks of Python.
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

# --- Optuna, for `carousel sweep --tuner optuna` and fetched for nothing else ---

optuna_pinned=5.0.0

wants_optuna() { [[ ${1-} == sweep && " $* " == *" --tuner"[\ =]"optuna "* ]]; }

# Where it cannot be had the program says what to do.
give_optuna() {
  [[ -z ${CAROUSEL_PYTHON-} ]] || return 0   # a Python of the user's own
  if [[ -z $(compgen -G "$venv/lib/python3*/site-packages/optuna-*") ]]; then
    if [[ -n ${CAROUSEL_NO_INSTALL-} ]]; then
      say "Optuna is missing and CAROUSEL_NO_INSTALL forbids fetching it; run this:"
      printf '  %s\n' "python3 -m venv $venv" "$venv/bin/python -m pip install optuna==$optuna_pinned" >&2
      return 0
    fi
    make_venv
    say "fetching Optuna into $venv (about 50 MB, once)"
    logged "$venv/bin/python" -m pip install --retries 1 --disable-pip-version-check "optuna==$optuna_pinned" || return 0
  fi
  export CAROUSEL_PYTHON=$venv/bin/python
}
