// Class numbers in place of one-hot rows: the same numbers come out, for every cell.
#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/recurrent/cell_registry.h"
#include "carousel/recurrent/truncated.h"

#include "support/parity.h"

namespace carousel::testing {
namespace {

using torch::Tensor;

constexpr std::int64_t classes = 7;
const std::vector<std::int64_t> sizes{3, 3, 2, 2, 1};  // 11 rows

Tensor numbers() {
  return torch::tensor({0, 6, 3, 3, 1, 0, 5, 5, 5, 2, 6}, torch::kInt64);
}
Tensor one_hot() {
  return torch::one_hot(numbers(), classes).to(torch::kDouble);
}

std::shared_ptr<RecurrentBase> make(const std::string& cell, bool bias, bool bidirectional) {
  torch::manual_seed(1);
  const auto options = RecurrentOptions(classes, 4).num_layers(2).bias(bias).bidirectional(bidirectional);
  const auto module = CellRegistry::with_built_in().make(cell, options);
  module->to(torch::kDouble);
  return module;
}

/// Output, last states and every parameter's gradient.
NamedTensors everything(RecurrentBase& module, const Tensor& rows, std::int64_t tbptt) {
  module.zero_grad();
  const auto result = run_truncated(module, {rows, sizes}, {}, tbptt);
  NamedTensors all{{"output", result.output}};
  for (const auto& state : result.states) all.push_back({"state", state});
  result.output.sin().sum().backward();
  for (const auto& p : module.named_parameters()) all.push_back({p.key(), p.value().grad().clone()});
  return all;
}

class EveryCellByNumbers : public ::testing::TestWithParam<std::string> {};

TEST_P(EveryCellByNumbers, EqualsOneHotRowsInOutputStatesAndGradients) {
  for (const bool bias : {true, false}) {
    for (const bool bidirectional : {true, false}) {
      const auto module = make(GetParam(), bias, bidirectional);
      expect_equal(everything(*module, numbers(), 0), everything(*module, one_hot(), 0), 1e-12);
    }
  }
}

TEST_P(EveryCellByNumbers, EqualsOneHotRowsWhereTheGradientIsCut) {
  const auto module = make(GetParam(), true, false);
  expect_equal(everything(*module, numbers(), 2), everything(*module, one_hot(), 2), 1e-12);
}

TEST_P(EveryCellByNumbers, RefusesAClassOutOfRangeAndNamesIt) {
  const auto module = make(GetParam(), true, false);
  for (const std::int64_t bad : {std::int64_t{-1}, classes}) {
    auto rows = numbers();
    rows[4] = bad;
    std::string message;
    try {
      module->run({rows, sizes}, {});
    } catch (const Error& error) {
      message = error.what();
    }
    EXPECT_EQ(message, fmt::format("the input of {} has the class {}: it must be from 0 to 6",
                                   module->facts().name, bad));
  }
}

INSTANTIATE_TEST_SUITE_P(Classes, EveryCellByNumbers,
                         ::testing::ValuesIn(CellRegistry::with_built_in().names()), [](const auto& info) {
                           auto name = info.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

TEST(Classes, AModuleInFloatStartsFromZerosInFloat) {
  Lstm lstm(classes, 4);
  EXPECT_EQ(lstm->run({numbers(), sizes}, {}).output.scalar_type(), torch::kFloat);
}

}  // namespace
}  // namespace carousel::testing
