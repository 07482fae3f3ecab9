# Part of the launcher: what only `./carousel test` needs, a Python with packages, a browser and clang's fuzzer. None of it stops
# the other tests: those that miss something are skipped, and say what.
# shellcheck shell=bash disable=SC2154  # variables and functions of the launcher

test_packages=$root/tests/requirements.txt
installed_test_packages=$venv/test_packages.txt   # a copy of the list that was installed

has_browser() {
  has chromedriver && { has chromium || has chromium-browser || has google-chrome; }
}

has_fuzzer() {
  local runtime
  has clang++ && runtime=$(clang++ -print-runtime-dir 2>/dev/null) && compgen -G "$runtime/libclang_rt.fuzzer*" >/dev/null
}

has_test_packages() {
  [[ -x $venv/bin/python && -f $installed_test_packages ]] &&
    [[ $(<"$installed_test_packages") == "$(<"$test_packages")" ]]
}

# In subshells, so that what stops a build does not stop the tests.
prepare_tests() {
  if has_browser && has_fuzzer && has_test_packages; then return; fi
  : >"$log"
  local torch_dir=${torch_dir:-there already}   # none is asked for here
  has_browser || (install browser) || say "tests that need a browser will be skipped"
  has_fuzzer || (install fuzzer) || say "the fuzz targets will be skipped"
  has_test_packages || (fetch_test_packages) || say "tests in Python will be skipped"
}

fetch_test_packages() {
  if [[ -n ${CAROUSEL_NO_INSTALL-} ]]; then
    say "the Python packages of tests/requirements.txt are missing and CAROUSEL_NO_INSTALL forbids fetching them; run this:"
    printf '  %s\n' "python3 -m venv $venv" "$venv/bin/pip install -r $test_packages" \
      "cp $test_packages $installed_test_packages" >&2
    return 1
  fi
  make_venv
  say "fetching the Python packages of tests/requirements.txt into $venv (about 300 MB, once)"
  logged "$venv/bin/python" -m pip install --retries 1 --disable-pip-version-check -r "$test_packages" || return 1
  cp "$test_packages" "$installed_test_packages"
}
