#!/usr/bin/env bash
# Formats the project: C++ with clang-format, Python with ruff; and has shellcheck read the scripts.
#   cmake/format.sh            changes the files; exit code 1 when something is left that only a person can repair
#   cmake/format.sh --check    changes nothing; exit code 1 and the names when something is to be done
# Exit code 77: the tools cannot be had.
set -euo pipefail
shopt -s extglob

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source-path=SCRIPTDIR
source "$root/cmake/style_tools.sh"
failures=0

# judge <what> <names or messages>   nothing is good
judge() {
  [[ -n $2 ]] || return 0
  printf '%s:\n%s\n' "$1" "$2" >&2
  failures=$((failures + 1))
}

format_cpp() {
  tracked '*.h' '*.cpp' | xargs -0 -r "$style_venv/bin/clang-format" -i
}

check_cpp() {
  local messages
  messages=$(tracked '*.h' '*.cpp' | xargs -0 -r "$style_venv/bin/clang-format" --dry-run 2>&1) || judge "clang-format failed" "$messages"
  judge "not as clang-format would have it" "$(sed -n 's/^\([^: ]*\):[0-9]*:[0-9]*: warning: .*/\1/p' <<<"$messages" | sort -u)"
}

run_ruff() { tracked '*.py' | xargs -0 -r "$style_venv/bin/ruff" "$@" --no-cache 2>&1; }

format_python() {
  run_ruff check --quiet --fix >/dev/null || true   # what is left is said below, when the lines have their length
  run_ruff format --quiet >/dev/null || true
  lint_python
}

check_python() {
  local messages
  messages=$(run_ruff format --check --quiet --output-format concise) ||
    judge "not as ruff would have it" "${messages//:*([0-9]):*([0-9]): unformatted: File would be reformatted/}"
  lint_python
}

lint_python() {
  local messages
  messages=$(run_ruff check --quiet --output-format concise) || judge "ruff finds" "$messages"
}

check_scripts() {
  local messages
  messages=$(tracked carousel .ci/run '*.sh' |
    xargs -0 -r "$style_venv/bin/shellcheck" --external-sources --severity warning --format gcc) || judge "shellcheck finds" "$messages"
}

case ${1-} in
  '' | --check) ;;
  *)
    echo "format.sh: unknown option '$1': there is --check, or nothing" >&2
    exit 2
    ;;
esac
cd "$root"
git ls-files >/dev/null 2>&1 || without_tools "the files to format are those that git knows, and $root is no checkout"
need_tools requirements.txt
if [[ ${1-} == --check ]]; then
  check_cpp
  check_python
else
  format_cpp
  format_python
fi
check_scripts
if ((failures > 0)) && [[ ${1-} == --check ]]; then echo "./carousel format repairs what can be repaired by itself" >&2; fi
exit $((failures > 0))
