# Part of the launcher: Apache Arrow's C++ libraries, which read tables, from the Python package pyarrow. Nothing else waits for
# them: where they cannot be had the program is built without, and says so when such a table is read.
# shellcheck shell=bash disable=SC2154,SC2034  # variables shared with the launcher

arrow_pinned=26.0.1
arrow_unfinished=$venv/arrow_unfinished   # there while it is being unpacked, and after that was interrupted

# Its folder, or nothing.
arrow_folder() {
  if [[ -n ${CAROUSEL_ARROW-} ]]; then
    echo "$CAROUSEL_ARROW"
  elif [[ ! -e $arrow_unfinished ]]; then
    compgen -G "$venv/lib/python3*/site-packages/pyarrow" | head -n 1 || true
  fi
}

# What the build was set up with: one that predates Arrow, or another version of it, is made anew, as is one whose library has
# come or gone since.
arrow_state() { echo "arrow $arrow_pinned $(arrow_folder)"; }

has_pinned_arrow() {
  [[ ! -e $arrow_unfinished ]] && compgen -G "$venv/lib/python3*/site-packages/pyarrow-$arrow_pinned.dist-info" >/dev/null
}

# Whether this start names a table that the program cannot read yet.
lacks_arrow_for() {
  [[ -z $(arrow_folder) ]] || return 1
  local word
  for word in "$@"; do
    [[ $word != *.@(csv|tsv|csv.gz|tsv.gz|parquet|feather|arrow) ]] || return 0
  done
  return 1
}

without_arrow() {
  if [[ -n $(arrow_folder) ]]; then echo "the version at hand is used"; else echo "tables in CSV, Parquet and Feather files cannot be read"; fi
}

check_arrow_setting() {
  [[ -z ${CAROUSEL_ARROW-} || -d $CAROUSEL_ARROW/include/arrow ]] ||
    fail "CAROUSEL_ARROW is '$CAROUSEL_ARROW', which holds no Apache Arrow (no include/arrow): set it to the folder of the Python package pyarrow, or unset it to have one fetched"
}

begin_arrow() {
  [[ -z ${CAROUSEL_ARROW-} ]] && ! has_pinned_arrow || return 0
  if [[ -n ${CAROUSEL_NO_INSTALL-} ]]; then
    say "Apache Arrow $arrow_pinned is missing and CAROUSEL_NO_INSTALL forbids fetching it: $(without_arrow); run this for it:"
    printf '  %s\n' "python3 -m venv $venv" "$venv/bin/pip install pyarrow==$arrow_pinned" >&2
    return
  fi
  has_python_venv || [[ $(id -u) == 0 ]] || (install python) || true   # here, since sudo may ask for a password
  begin_job arrow fetch_arrow
}

# The environment is made by one of the downloads alone: that of LibTorch where there is one.
await_venv() {
  while [[ -n $(job_process torch) && (! -x $venv/bin/python || -e $venv_unfinished) ]]; do
    if job_has_ended torch; then break; fi
    sleep 0.2
  done
  (make_venv)   # in a subshell, so that what stops a build does not stop it here
}

fetch_arrow() {
  if ! await_venv; then
    say "there is no Python environment to fetch Apache Arrow into: $(without_arrow)"
    return
  fi
  say "fetching Apache Arrow $arrow_pinned into $venv (about 55 MB, once)"
  touch "$arrow_unfinished"
  if "$venv/bin/python" -m pip install --no-compile --disable-pip-version-check "pyarrow==$arrow_pinned" >>"$log" 2>&1; then
    rm "$arrow_unfinished"
  else
    rm "$arrow_unfinished"   # pip has put things back
    say "Apache Arrow could not be fetched: $(without_arrow) (log: $log)"
  fi
}

remove_unfinished_arrow() {
  [[ -e $arrow_unfinished ]] || return 0
  rm -rf "$venv"/lib/python3*/site-packages/{pyarrow,pyarrow-*}
  rm "$arrow_unfinished"
}

await_arrow() { await_job arrow || true; }
