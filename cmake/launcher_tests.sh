# Part of the launcher: what only `./carousel test` needs, a Python with packages, a browser and clang's fuzzer. None of it stops
# the other tests: those that miss something are skipped, and say what.
# shellcheck shell=bash disable=SC2154  # variables and functions of the launcher

test_packages=$root/tests/requirements.txt
installed_test_packages=$venv/test_packages.txt   # a copy of the list that was installed
torch_link=torch_of_the_build.pth                 # in the folder of the tests' Python packages

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
  if has_browser && has_fuzzer && has_test_packages && has_python_torch; then return; fi
  : >"$log"
  local torch_dir=${torch_dir:-there already}   # none is asked for here
  has_browser || (install browser) || say "tests that need a browser will be skipped"
  has_fuzzer || (install fuzzer) || say "the fuzz targets will be skipped"
  if ! has_test_packages && ! (fetch_test_packages); then
    say "tests in Python will be skipped"
    return
  fi
  has_python_torch || (give_python_torch) || say "tests that compare with Python's torch will be skipped"
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

# --- torch for the tests' Python: of the build's own version, since its figures are what ours are held against ---

python_packages() { compgen -G "$venv/lib/python3*/site-packages" | head -n 1; }

# The folder of Python packages that the build's LibTorch is one of, when the Python of $1, a folder of packages, can
# import it: its compiled part carries the version of Python in its name.
packages_with_libtorch() {
  local ignored libtorch tag
  { IFS= read -r ignored && IFS= read -r libtorch; } <"$stamp" || return 1
  libtorch=${libtorch%/torch/share/cmake/Torch}
  tag=${1%/site-packages}
  tag=${tag##*/python}
  compgen -G "$libtorch/torch/_C.cpython-${tag/./}-*" >/dev/null && echo "$libtorch"
}

# Either installed there, or named by a .pth file: Python looks there last, so that packages of its own go first.
has_python_torch() {
  local packages named
  packages=$(python_packages)
  [[ -n $packages ]] || return 1
  [[ ! -d $packages/torch ]] || return 0
  named=$(packages_with_libtorch "$packages") && [[ -f $packages/$torch_link && $(<"$packages/$torch_link") == "$named" ]]
}

give_python_torch() {
  local packages named version
  packages=$(python_packages)
  if named=$(packages_with_libtorch "$packages"); then
    echo "$named" >"$packages/$torch_link"
    return
  fi
  version=$(libtorch_version "$(sed -n 2p "$stamp")")
  if [[ -n ${CAROUSEL_NO_INSTALL-} ]]; then
    say "the tests' Python has no torch and CAROUSEL_NO_INSTALL forbids fetching it; run this:"
    printf '  %s\n' "$venv/bin/pip install $(torch_requirement "$version")" >&2
    return 1
  fi
  say "fetching $(torch_requirement "$version") into $venv for the tests in Python (about 200 MB, once)"
  install_torch "$(torch_requirement "$version")"
}
