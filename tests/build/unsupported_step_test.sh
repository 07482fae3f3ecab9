#!/usr/bin/env bash
# A step that uses what cannot be derived is refused by the compiler in one sentence: which operation, and the way out.
# No tensor is needed for it, so this takes seconds.
#   unsupported_step_test.sh [compiler]
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0
compiler=${1:-c++}

# compile <expression> <more facts>   a cell whose step is that expression
compile() {
  cat >"$scratch/cell.cpp" <<SOURCE
#include "carousel/cells/cell.h"
struct MyCell {
  static constexpr const char* name = "mine";
  static constexpr std::array gates{"hidden"};
  static constexpr std::array states{"h"};
  $2
  template <class V> static constexpr auto step(const carousel::Gates<V, 1>& pre, const carousel::States<V, 1>& previous) {
    V h = previous[0];
    $1;
    return carousel::Stepped{carousel::States<V, 1>{h}, carousel::Gates<V, 1>{pre[0]}};
  }
};
static_assert(carousel::ElementwiseCell<MyCell>);
static_assert(carousel::fusable<MyCell> == ${3-true});
SOURCE
  "$compiler" -std=c++20 -fsyntax-only -I "$root/include" "$scratch/cell.cpp" >"$scratch/out" 2>&1
}

expect() {   # expect <what> <command>...
  if "${@:2}"; then echo "ok: $1"; else
    echo "FAILED: $1"
    head -n 20 "$scratch/out"
    failures=$((failures + 1))
  fi
}

refused() {   # refused <expression> <text in the message>...
  if compile "$1" ""; then return 1; fi
  local text
  for text in "${@:2}" 'static constexpr bool fused = false;' 'loop engine' 'sigmoid, tanh'; do
    grep -qF -- "$text" "$scratch/out" || return 1
  done
}

expect "what a step may use compiles" compile "h = max(softplus(h), square(pre[0])) - 1.0" ""
for name in sin cos tan sinh exp2 expm1 log1p log2 erf floor round sign gelu silu elu; do
  expect "$name is refused by name" refused "h = $name(pre[0])" "uses $name(),"
done
expect "pow is refused by name" refused "h = pow(pre[0], 2)" "uses pow(),"
expect "clamp is refused by name" refused "h = clamp(pre[0], -1.0, 1.0)" "uses clamp(),"
expect "a comparison is refused" refused "h = pre[0] > 0.0 ? pre[0] : h" "uses operator >," "relu"
expect "a change in place is refused" refused "h += pre[0]" "uses operator +=," "a + b"
expect "a cell that says so keeps it, for the loop engine" \
  compile "h = sin(pre[0])" "static constexpr bool fused = false;" false
exit $((failures > 0))
