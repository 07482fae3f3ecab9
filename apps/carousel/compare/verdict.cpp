#include "compare/verdict.h"

#include <fmt/format.h>

#include "carousel/text.h"

#include "compare/tables.h"

namespace carousel::cli {
namespace {

std::string mismatch_text(const Comparison& comparison, const Check& check) {
  const Difference& d = check.difference;
  const std::string where = fmt::format("{} with {} in {}: {} ({})", comparison.task, comparison.cell,
                                        comparison.dtype(), quantity_name(check.quantity), check.name);
  if (d.sizes_differ) return where + ": the two sides have not the same number of values";
  const std::size_t place = check.first_beyond().value_or(0);
  const std::string first =
      check.quantity == Quantity::validations  ? fmt::format(", first at validation {}", place + 1)
      : is_over_training(check.quantity)       ? fmt::format(", first at update {}", place + 1)
      : check.quantity == Quantity::step_norms ? fmt::format(", first at step {}", place + 1)
                                               : "";
  return fmt::format("{}{}: differs by {} relative, {} absolute, with a tolerance of {}", where, first,
                     shown_difference(d.relative), shown_difference(d.absolute),
                     shown_tolerance(check.tolerance));
}

std::string advice_for(const Check& check, bool is_double) {
  if (check.quantity == Quantity::start)
    return "try --forget-bias none, to tell the drawing from what comes after it";
  if (check.quantity == Quantity::rates) return "look at the schedule's options";
  if (is_of_training(check.quantity) && is_double)
    return "try a lower --lr: a training may amplify any rounding; if that changes nothing, the two sides "
           "compute different things";
  if (is_of_training(check.quantity)) {
    return "try --dtype double: what is only rounding, fed back through the training, is gone there; or a "
           "lower --lr";
  }
  return is_double
             ? "try --engine loop, to tell the fused kernels from the cell"
             : "try --dtype double and --engine loop, to tell rounding and the fused kernels from the cell";
}

const std::string& name_of(const Comparison& comparison) {
  return comparison.name.empty() ? comparison.cell : comparison.name;
}

std::string rounded_text(std::size_t count) {
  if (count == 0) return "";
  return fmt::format(
      ", {} of them beyond a tolerance that PyTorch's own rounding does not keep (see the notes)", count);
}

}  // namespace

CompareVerdict judge(const std::vector<Comparison>& comparisons) {
  std::size_t count = 0, numbers = 0, rounded = 0;
  const Comparison* where = nullptr;
  Check nearest{};
  for (const Comparison& comparison : comparisons) {
    for (const Check& check : comparison.all_checks()) {
      const Agreement agreement = check.agreement();
      if (agreement == Agreement::mismatch)
        return {false, fmt::format("MISMATCH: {}; {}", mismatch_text(comparison, check),
                                   advice_for(check, comparison.is_double))};
      ++count;
      numbers += check.difference.count;
      if (agreement == Agreement::rounding) ++rounded;
      const bool is_nearer = where == nullptr || share_of_tolerance(check) > share_of_tolerance(nearest);
      if (agreement == Agreement::equal && is_nearer) where = &comparison, nearest = check;
    }
  }
  if (where == nullptr) return {false, "MISMATCH: nothing was compared"};
  return {
      true,
      fmt::format(
          "equal: {} figures of {} numbers agree{}; the nearest to its tolerance ({}) is {}, {} of {}: {}",
          count, format_count(static_cast<double>(numbers)), rounded_text(rounded),
          shown_tolerance(nearest.tolerance), quantity_name(nearest.quantity), nearest.name, name_of(*where),
          shown_difference(nearest.difference.relative))};
}

}  // namespace carousel::cli
