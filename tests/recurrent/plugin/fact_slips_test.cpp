// What a cell states, and what its step takes and returns: where they do not agree, one sentence says so.
#include "recurrent/plugin/slips.h"

namespace carousel::testing {
namespace {

const std::string name_line = "static constexpr const char* name = \"mine\";",
                  gates_line = "static constexpr std::array gates{\"forget\", \"new\"};",
                  states_line = "static constexpr std::array states{\"h\", \"c\"};", more = "// more";

TEST(SlipsInFacts, ANameIsAText) {
  const std::string write = ": write static constexpr const char* name = \"my-cell\";",
                    text = ": a cell's name is a text" + write;
  expect_sentences(
      {{name_line, "", ": a cell has a name" + write + " (in a struct, or public)"},
       {"struct MyCell", "class MyCell", ": a cell has a name" + write + " (in a struct, or public)"},
       {name_line, "static constexpr int name = 3;", text},
       {name_line, "const char* name = \"mine\";", text},
       {name_line, "static inline const auto name = std::tuple{1};", text},
       {name_line, "static constexpr const char* name = \"\";", ": a cell's name is empty" + write}});
}

TEST(SlipsInFacts, GatesAndStatesAreNamed) {
  const std::string gates = "write static constexpr std::array gates{\"forget\", \"new\"};",
                    states = "write static constexpr std::array states{\"h\", \"c\"};",
                    texts = ": a cell's gates are a std::array of texts: " + gates;
  expect_sentences(
      {{gates_line, "", ": a cell names its gates, in the order of the weights' blocks: " + gates},
       {states_line, "", ": a cell names its states, the first of which is the output: " + states},
       {gates_line, "static constexpr const char* gates[] = {\"forget\", \"new\"};", texts},
       {gates_line, "static constexpr std::array gates{std::string_view(\"a\"), std::string_view(\"b\")};",
        texts},
       {gates_line, "static inline std::array gates{\"forget\", \"new\"};", texts},
       {states_line, "static inline const std::array<int, 2> states{1, 2};",
        ": a cell's states are a std::array of texts: " + states},
       {gates_line, "static constexpr std::array<const char*, 0> gates{};",
        ": a cell has at least one gate: without a pre-activation it reads nothing"},
       {states_line, "static constexpr std::array<const char*, 0> states{};",
        ": a cell has at least one state: the first is its output"},
       {gates_line, "static constexpr std::array gates{\"new\", \"new\"};",
        ": each of a cell's gates has a name of its own: one is empty, or there twice"},
       {states_line, "static constexpr std::array<const char*, 2> states{\"h\"};",
        ": each of a cell's states has a name of its own: one is empty, or there twice"}});
}

TEST(SlipsInFacts, OptionalFactsAreWhatTheyShouldBe) {
  const std::string vectors = "static constexpr std::array vectors{\"w\"}; ";
  expect_sentences(
      {{more, "static constexpr const char* keep_gate = \"forgot\";",
        ": a cell's keep_gate is one of its gates, by name"},
       {more, "static constexpr const char* write_gate = \"x\";",
        ": a cell's write_gate is one of its gates, by name"},
       {more, "static constexpr int keep_gate = 0;",
        ": a cell's keep_gate is the name of a gate: write static constexpr const char* keep_gate = "
        "\"forget\";"},
       {more, "static constexpr const char* fused = \"no\";",
        ": a cell's fused is true or false: write static constexpr bool fused = false;"},
       {more, "bool separate_projections = false;",
        ": a cell's separate_projections is true or false: write static constexpr bool separate_projections "
        "= true;"},
       {more, vectors + "static constexpr std::array vector_starts{StartRange{0, 1}, StartRange{0, 1}};",
        ": a cell's vector_starts have one range for each of its vectors (2, not 1)"},
       {more, vectors + "static constexpr std::array vector_starts{0.0, 1.0};",
        ": a cell's vector_starts is a std::array of ranges: write static constexpr std::array "
        "vector_starts{StartRange{-1.0, 1.0}};"},
       {more, "static constexpr bool fused = false;",
        ": nothing can be derived from a cell that says fused = false, or that is a module: it runs on the "
        "loop engine, "
        "as Recurrent<Cell>, in the program that it is compiled into"}});
}

TEST(SlipsInFacts, MoreGatesThanKernelsTakeAreRefused) {
  std::string gates = "static constexpr std::array gates{\"g0\"";
  for (int i = 1; i < 17; ++i) gates += fmt::format(", \"g{}\"", i);
  expect_sentences({{gates_line, gates + "};", ": a cell has at most 16 gates (17, limit 16)"}});
}

const std::string form =
    "write template <class V> static constexpr auto step(const Gates<V, N>& pre, const States<V, M>& "
    "previous)";
const std::string head =
    "template <class V>\n  static constexpr auto step(const Gates<V, 2>& pre, const States<V, 2>& previous) "
    "{";

TEST(SlipsInAStepsArguments, AStepIsAStaticTemplate) {
  expect_sentences(
      {{"auto step(", "auto stepp(", ": a cell has a step: " + form},
       {head,
        "static auto step(const Gates<Real, 2>& pre, const States<Real, 2>& previous) {\n    using V = Real;",
        ": a cell's step is a template, because it is read on tensors, numbers, vectors and symbols: " +
            form},
       {"static constexpr auto step", "constexpr auto step", ": a cell's step is static: " + form},
       {"const Gates<V, 2>& pre", "Gates<V, 2>& pre",
        ": a cell's step takes its arguments as const references: " + form}});
}

TEST(SlipsInAStepsArguments, AStepTakesWhatTheCellDeclares) {
  const std::string count =
      ": a cell's step takes another number of arguments than its facts ask for: const Gates<V, N>& pre "
      "(with "
      "separate_projections = true two of them, input and recurrent), const States<V, M>& previous, and, "
      "where it "
      "declares vectors, const Vectors<V, K>& learned";
  expect_sentences({{"const Gates<V, 2>& pre", "const Gates<V, 3>& pre",
                     ": a cell's step takes another number of gates than the cell declares: it is the N of "
                     "const Gates<V, N>& pre (3, "
                     "not 2)"},
                    {"const States<V, 2>& previous", "const States<V, 1>& previous",
                     ": a cell's step takes another number of states than the cell declares: it is the M of "
                     "const States<V, M>& "
                     "previous (1, not 2)"},
                    {"previous) {", "previous, const Vectors<V, 1>&) {", count + " (3, not 2)"},
                    {more, "static constexpr std::array vectors{\"w\"};", count + " (2, not 3)"},
                    {more, "static constexpr bool separate_projections = true;", count + " (2, not 3)"}});
}

TEST(SlipsInWhatAStepReturns, ItIsEveryStateAndEveryGate) {
  const std::string other =
      ": a cell's step returns something else than its states and gates: write return Stepped{States<V, "
      "M>{...}, "
      "Gates<V, N>{...}}";
  const std::string result = "return Stepped{States<V, 2>{h, c}, Gates<V, 2>{f, n}}";
  expect_sentences(
      {{"Gates<V, 2>{f, n}", "Gates<V, 1>{f}",
        ": a cell's step returns another number of gates than the cell declares: it is the N of return "
        "Stepped{States<V, M>{...}, Gates<V, N>{...}} (1, not 2)"},
       {"States<V, 2>{h, c}", "States<V, 1>{h}",
        ": a cell's step returns another number of states than the cell declares: it is the M of return "
        "Stepped{States<V, M>{...}, Gates<V, N>{...}} (1, not 2)"},
       {"Gates<V, 2>{f, n}", "Gates<V, 2>{f}",
        ": a cell's step leaves out a gate in what it returns: Gates<V, N>{...} takes all N, in the order of "
        "`gates`; one "
        "that is always zero is V(0.0)"},
       {"States<V, 2>{h, c}", "States<V, 2>{h}",
        ": a cell's step leaves out a state in what it returns: States<V, M>{...} takes all M, in the order "
        "of `states`; "
        "one that is always zero is V(0.0)"},
       {result, "return std::tuple{h, c}", other},
       {result, "return h", other},
       {result, "", other}});
}

}  // namespace
}  // namespace carousel::testing
