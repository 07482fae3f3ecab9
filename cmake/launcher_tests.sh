# Part of the launcher: runs the tests, and gets what only they need, a Python with packages, a browser and clang's fuzzer. None
# of it stops the other tests: those that miss something are skipped, and say what.
# shellcheck shell=bash disable=SC2154,SC2034  # variables shared with the launcher

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

# What only the tests of the label long need: a browser and clang's fuzzer.
has_long_tests_tools() { [[ $(what_tests_need "$@") != all ]] || { has_browser && has_fuzzer; }; }

# In subshells, so that what stops a build does not stop the tests.
prepare_tests() {
  if has_long_tests_tools "$@" && has_test_packages && has_compiled_torch; then return; fi
  begin_log
  local torch_dir=${torch_dir:-there already}   # none is asked for here
  if ! has_long_tests_tools "$@"; then
    has_browser || (install browser) || say "tests that need a browser will be skipped"
    has_fuzzer || (install fuzzer) || say "the fuzz targets will be skipped"
  fi
  if ! has_test_packages && ! (fetch_test_packages); then
    say "tests in Python will be skipped"
    return
  fi
  if ! has_python_torch && ! (give_python_torch); then
    say "tests that compare with Python's torch will be skipped"
    return
  fi
  has_compiled_torch || compile_torch
}

fetch_test_packages() {
  if [[ -n ${CAROUSEL_NO_INSTALL-} ]]; then
    say "the Python packages of tests/requirements.txt are missing and CAROUSEL_NO_INSTALL forbids fetching them; run this:"
    printf '  %s\n' "python3 -m venv $venv" "$venv/bin/pip install -r $test_packages" \
      "cp $test_packages $installed_test_packages" >&2
    return 1
  fi
  make_venv
  say "fetching the Python packages of tests/requirements.txt into $venv (about 500 MB, once)"
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
  [[ ! -d $packages/torch || -e $torch_unfinished ]] || return 0
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

# Python compiles what it imports where it may, and the tests may not write: so once, since it was installed without.
has_compiled_torch() {
  local packages
  has_python_torch || return 1
  packages=$(python_packages)
  [[ -d $packages/torch ]] || packages=$(<"$packages/$torch_link")
  [[ ! -w $packages/torch ]] || compgen -G "$packages/torch/__pycache__/__init__.*" >/dev/null
}

compile_torch() { env -u PYTHONDONTWRITEBYTECODE "$venv/bin/python" -c 'import torch' >>"$log" 2>&1 || true; }

# --- running them ---

names_a_test() { [[ $# -gt 0 && $1 != -* ]]; }

# Whether options of ctest say which tests are to run.
select_tests() {
  local word
  for word in "$@"; do
    case $word in
      -[RLI]* | -LE | --tests-* | --label-* | --rerun-failed) return 0 ;;
    esac
  done
  return 1
}

# Every day less is built than there is: what only the tests of the label long need takes minutes.
what_tests_need() {
  local word
  for word in "$@"; do
    [[ $word != --all ]] || { echo all && return; }
  done
  if names_a_test "$@" || select_tests "$@" || ! grep -q '^build carousel_everyday:' "$build/build.ninja"; then
    echo all
  else
    echo carousel_everyday
  fi
}

# ./carousel test Lstm   runs the tests whose name contains Lstm; anything that starts with - is ctest's. What takes minutes has
# the label long and runs when it is asked for: by --all, by name, or by an option of ctest.
run_tests() {
  local options=(--test-dir "$build" -j "$(cores)" --output-on-failure) words=() word all=
  for word in "$@"; do
    if [[ $word == --all ]]; then all=yes; else words+=("$word"); fi
  done
  set -- "${words[@]+"${words[@]}"}"
  if names_a_test "$@"; then
    export GTEST_FILTER=$1
    [[ $1 == *[*?:]* ]] || GTEST_FILTER="*$1*"
    options+=(-L gtest)
    shift
    some_test_matches || fail "no test is named like $GTEST_FILTER; list them with $build/bin/carousel_tests --gtest_list_tests"
  elif [[ -z $all ]] && ! select_tests "$@"; then
    options+=(-LE long)
  fi
  exec ctest "${options[@]}" "$@"
}

some_test_matches() {
  local program
  for program in "$build"/bin/carousel*_tests; do
    if "$program" --gtest_list_tests | grep '^  ' >/dev/null; then return 0; fi
  done
  return 1
}
