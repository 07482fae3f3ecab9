// What a step may not use is refused in one sentence, at its line.
#include "recurrent/plugin/slips.h"

namespace carousel::testing {
namespace {

const std::string c_line = "f * previous[1] + (1.0 - f) * n";

/// A slip in line 14, `const V c = ...;`.
Slip in_c(const std::string& expression, const std::string& said) {
  return {c_line, expression, ":14: " + with_functions(said)};
}

const std::string no_branch = "it cannot branch on a value, say it with min, max or relu";

TEST(SlipsInAStep, AFunctionThatIsNotAmongAStepsIsNamedWithWhatToWriteInstead) {
  expect_sentences(
      {in_c("sin(n)", "sin is not among a step's functions"),
       in_c("pow(n, 2)",
            "pow is not among a step's functions: write x * x, square(x), sqrt(x), or exp(a * log(x)) where "
            "x > 0"),
       in_c("clamp(n, -1.0, 1.0)", "clamp is not among a step's functions: write min(max(x, a), b)"),
       in_c("log1p(n)",
            "log1p is not among a step's functions: write log(1.0 + x), and log1p(exp(x)) as softplus(x)"),
       in_c("silu(n)", "silu is not among a step's functions: write x * sigmoid(x)"),
       in_c("n.sin()", "sin is not among a step's functions"),
       in_c("sum(n)", "sum is not among a step's functions, which sees one unit at a time"),
       in_c("where(n, f, n)", "where is not among a step's functions: say it with min, max or relu")});
}

TEST(SlipsInAStep, FunctionsOfAValueStandBeforeItAndWithoutStd) {
  const std::string number =
      "a step's value is no number: write V instead of double, and tanh(x), exp(x), max(x, y) without std::";
  expect_sentences({{c_line, "n.tanh()",
                     ":14: a step's values have no functions of their own: write tanh(x), not x.tanh()"},
                    {c_line, "n.max(0.0)",
                     ":14: a step's values have no functions of their own: write max(x, y), not x.max()"},
                    in_c("std::tanh(n)", number),
                    in_c("std::pow(n, 2)", number),
                    in_c("std::fmax(n, 1.0)", number),
                    in_c("f; const double y = n", number),
                    in_c("f; float y = n", number),
                    in_c("std::max(f, n)", "a step has no operator <: " + no_branch),
                    {c_line, "std::max(f, 1.0)",
                     ":14: no matching function for call to 'max(const V&, double)' (a step's functions "
                     "stand without std::)",
                     true}});
}

TEST(SlipsInAStep, ABranchOnAValueIsRefused) {
  const std::string branch = "a step cannot branch on a value: say it with min, max or relu";
  expect_sentences({in_c("n > 0.0 ? n : f", "a step has no operator >: " + no_branch),
                    in_c("f; V x = f; if (n < f) x = n", "a step has no operator <: " + no_branch),
                    in_c("n == f ? n : f", "a step has no operator ==: " + no_branch),
                    in_c("n ? n : f", branch), in_c("!n ? n : f", branch), in_c("n && f ? n : f", branch)});
}

TEST(SlipsInAStep, AnOperatorThatAStepHasNotIsNamed) {
  expect_sentences({in_c("f; V x = n; x += f", "a step has no operator +=: name the result and write a + b"),
                    in_c("f; V x = n; x /= 2", "a step has no operator /=: name the result and write a / b"),
                    in_c("f; V x = n; ++x", "a step has no operator ++: name the result and write x + 1.0"),
                    in_c("f; V x = n; x--", "a step has no operator --: name the result and write x - 1.0"),
                    in_c("+n", "a step has no operator +: write x for +x"),
                    in_c("n ^ 2", "a step has no operator ^: a power is x * x or square(x)"),
                    in_c("n % 2", "a step has no operator %: a remainder has no derivative"),
                    in_c("n[0]", "a step has no operator []: it sees one unit at a time, without an index")});
}

TEST(SlipsInAStep, WhatCannotBeEvaluatedIsRefusedWithItsLine) {
  const std::string sentence =
      "a cell's step cannot be evaluated while it is compiled: write static constexpr before it, count "
      "gates, states and "
      "vectors from 0 to one less than it declares, and call no function of numbers there";
  expect_sentences(
      {{c_line, "f * pre[2]",
        ":14: " + sentence + (is_clang ? " (an index is too high)" : " (there is no [2])")},
       {c_line, "f * previous[3]", ":14: " + sentence + " (there is no [3])"},
       {"static constexpr auto step", "static auto step",
        ":12: " + sentence + (is_clang ? " (step is not constexpr)" : " (MyCell::step is not constexpr)")},
       {c_line, "f * tanh(V(1.0))",
        ": a cell's step takes a function of a constant: write its value instead, as 0.7615941559557649 "
        "for tanh(V(1.0))"}});
}

TEST(SlipsInAStep, WhatIsNoCppIsSaidInTheCompilersWords) {
  const auto in = [](const std::string& from, const std::string& to, const std::string& said) {
    return Slip{from, to, said, true};
  };
  expect_sentences(
      {in(c_line, "foo(n)", ":14: 'foo' was not declared in this scope"),
       in(c_line, "n.foo()", ":14: 'const V' has no member named 'foo'"),
       in(c_line, "q * n", ":14: 'q' was not declared in this scope"),
       in(c_line + ";", "n", ":15: expected ',' or ';' before 'const'"),
       in("Gates<V, 2>{f, n}", "Gates<V, 2>{f, n, c}", ":16: too many initializers for 'Gates<V, 2>'"),
       in("const Gates<V, 2>& pre", "const Gate<V, 2>& pre", ":12: 'Gate' does not name a type"),
       in("static constexpr const char* name", "constexpr const char* name",
          ":7: non-static data member 'name' declared 'constexpr'")});
}

TEST(SlipsInAStep, MoreOperationsThanCanBeDerivedAreRefused) {
  std::string long_step = "f; V x = n";
  for (int i = 0; i < 60; ++i) long_step += fmt::format("; x = tanh(x) * f + {}.5", i);
  expect_sentences(
      {{c_line, long_step,
        ": a cell's step has more than 128 operations, constants and arguments: what can be derived is "
        "less"}});
}

TEST(ACorrectStep, CompilesWithoutAWordInEveryForm) {
  const auto& compiler = SlipCompiler::instance();
  if (compiler.missing()) GTEST_SKIP() << *compiler.missing();
  const std::string head =
      "template <class V>\n  static constexpr auto step(const Gates<V, 2>& pre, const States<V, 2>& "
      "previous) {";
  const std::vector<Slip> forms{
      {"", "", ""},
      {c_line,
       "f / max(abs(n), 1.0) + max(0, n) + min(n, 0.5f) + min(2.0, n) - V(1.0) + f * V{2} + V(1) - 1 / n + "
       "(-n)",
       ""},
      {c_line,
       "f; V zero{}; V x = n; x = 0; x = x + zero * f; const V half = 0.5; const auto twice = [](const auto& "
       "y) { return y + "
       "y; }; for (int i = 0; i < 2; ++i) x = twice(x)",
       ""},
      {"Gates<V, 2>{f, n}", "Gates<V, 2>{f, V(1.0)}", ""},
      {head,
       "static constexpr auto step(const auto& pre, const auto& previous) {\n    using V = "
       "std::remove_cvref_t<decltype(pre[0])>;",
       ""},
      {"const Gates<V, 2>& pre, const States<V, 2>& previous", "Gates<V, 2> pre, States<V, 2> previous", ""},
      {"static constexpr auto step", "static constexpr Stepped<V, 2, 2> step", ""},
      {c_line,
       "f; using namespace std; const V x = abs(f) + max(f, 1.0) + sqrt(f) + exp(n) + log(f) + min(f, n)",
       ""},
      {"const char* name = \"mine\"", "std::string_view name = \"mine\"", ""}};
  std::vector<std::string> cells;
  for (const auto& form : forms) cells.push_back(cell_with(form));
  const auto outputs = compiler.outputs(cells);
  for (std::size_t i = 0; i < forms.size(); ++i) EXPECT_EQ(outputs[i], "") << forms[i].to;
}

}  // namespace
}  // namespace carousel::testing
