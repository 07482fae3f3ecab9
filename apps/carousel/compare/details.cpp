#include "compare/details.h"

#include <algorithm>

#include <fmt/format.h>

#include "compare/figures.h"
#include "page/points.h"

namespace carousel::cli {
namespace {

constexpr std::size_t most_rows = 21;

void add_cells(std::vector<std::string>& line, const Pair& pair, std::size_t at, int digits) {
  for (const std::vector<double>* side : {&pair.ours, &pair.reference})
    line.push_back(at < side->size() ? fmt::format("{:.{}g}", (*side)[at], digits) : "");
}

}  // namespace

Table parameters_table(const Comparison& comparison) {
  Table table{{"gradient of", "numbers", "largest", "max abs", "max rel", ""}};
  for (const Check& check : comparison.checks) {
    if (check.quantity != Quantity::gradients) continue;
    const Difference& d = check.difference;
    table.push_back({check.name, fmt::format("{}", d.count), fmt::format("{:.3g}", d.reference_size),
                     shown_difference(d.absolute), shown_difference(d.relative),
                     d.nothing ? "all zero" : agreement_text(check.agreement())});
  }
  return table;
}

Table steps_table(const Comparison& comparison) {
  Table table{{"step"}};
  std::size_t steps = 0;
  for (const StepCurve& curve : comparison.curves) {
    table.front().push_back(curve_name(curve));
    table.front().push_back("PyTorch's");
    steps = std::max(steps, curve.norms.reference.size());
  }
  for (const std::size_t t : evenly(steps, most_rows)) {
    std::vector<std::string> line{fmt::format("{}", t + 1)};
    for (const StepCurve& curve : comparison.curves) add_cells(line, curve.norms, t, 6);
    table.push_back(std::move(line));
  }
  return table;
}

Table updates_table(const Trajectory& t) {
  Table table{{"update", "loss", "PyTorch's", "norm", "PyTorch's", "rate", "PyTorch's"}};
  for (const std::size_t update : evenly(t.losses.reference.size(), most_rows)) {
    std::vector<std::string> line{fmt::format("{}", update + 1)};
    add_cells(line, t.losses, update, 9);
    add_cells(line, t.clip_norms, update, 7);
    add_cells(line, t.rates, update, 6);
    table.push_back(std::move(line));
  }
  return table;
}

}  // namespace carousel::cli
