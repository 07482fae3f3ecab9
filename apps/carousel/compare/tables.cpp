#include "compare/tables.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "carousel/text.h"

namespace carousel::cli {
namespace {

template <class Wanted> std::vector<Check> chosen(const std::vector<Check>& checks, const Wanted& wanted) {
  std::vector<Check> found;
  std::ranges::copy_if(checks, std::back_inserter(found), wanted, &Check::quantity);
  return found;
}

std::string worst_text(const std::vector<Check>& checks, std::optional<Quantity> quantity = {}) {
  const Check* worst = worst_of(checks, quantity);
  return worst == nullptr ? "" : shown_difference(worst->difference.relative);
}

/// What rounding is fed back into: all of the trainings but the rates.
bool is_fed_back(Quantity quantity) {
  return is_of_training(quantity) && quantity != Quantity::rates;
}

}  // namespace

std::string agreement_text(Agreement agreement) {
  constexpr const char* texts[] = {"ok", "rounding", "MISMATCH"};
  return texts[static_cast<std::size_t>(agreement)];
}

std::string shown_difference(double difference) {
  return difference == 0.0           ? "0"
         : std::isfinite(difference) ? fmt::format("{:.1e}", difference)
                                     : "not finite";
}

std::string rounding_text(const Check& check, std::size_t count) {
  const FromExact& exact = check.from_exact.value();
  return fmt::format(
      "{} ({}){}: {} from PyTorch in float, which is itself {} from PyTorch in double; ours is {} from that",
      quantity_name(check.quantity), check.name, count > 1 ? fmt::format(", the furthest of {}", count) : "",
      shown_difference(check.difference.relative), shown_difference(exact.reference.relative),
      shown_difference(exact.ours.relative));
}

std::string shown_tolerance(double tolerance) {
  return tolerance == 0.0 ? "bit for bit" : fmt::format("{:.0e}", tolerance);
}

Table first_batch_table(const Comparison& comparison) {
  Table table{{"first batch", "worst of", "figures", "numbers", "max abs", "max rel", "tolerance", ""}};
  for (const Quantity quantity :
       {Quantity::start, Quantity::outputs, Quantity::loss, Quantity::gradients, Quantity::step_norms}) {
    const std::vector<Check> own = chosen(comparison.checks, [&](Quantity each) { return each == quantity; });
    const Check* worst = worst_of(own);
    if (worst == nullptr) continue;
    std::size_t numbers = 0;
    for (const Check& check : own) numbers += check.difference.count;
    const bool nothing =
        std::ranges::all_of(own, [](const Check& check) { return check.difference.nothing; });
    table.push_back({quantity_name(quantity), worst->name, fmt::format("{}", own.size()),
                     format_count(static_cast<double>(numbers)), shown_difference(worst->difference.absolute),
                     shown_difference(worst->difference.relative), shown_tolerance(worst->tolerance),
                     worst->ok() && nothing ? "all zero" : agreement_text(worst->agreement())});
  }
  return table;
}

Table trajectory_table(const Comparison& comparison) {
  Table table{{"optimiser", "schedule", "lr", "first loss", "last loss", "PyTorch's", "losses", "clip norms",
               "rates", "weights", "clipped", ""}};
  for (const Trajectory& t : comparison.trajectories) {
    table.push_back(
        {t.how.optimiser, t.how.schedule + (t.how.scaled ? " *" : ""),
         fmt::format("{:.1e}", t.how.options.optimiser.lr), fmt::format("{:.6g}", t.losses.ours.front()),
         fmt::format("{:.7g}", t.losses.ours.back()), fmt::format("{:.7g}", t.losses.reference.back()),
         worst_text(t.checks, Quantity::losses), worst_text(t.checks, Quantity::clip_norms),
         worst_text(t.checks, Quantity::rates), worst_text(t.checks, Quantity::weights),
         fmt::format("{:.0f}%", 100.0 * t.clipped), agreement_text(agreement_of(t.checks))});
  }
  return table;
}

Table networks_table(const std::vector<Comparison>& comparisons) {
  constexpr std::array shown{Quantity::outputs, Quantity::gradients, Quantity::step_norms};
  Table table{
      {"largest relative", "outputs", "", "gradients", "", "|dL/dh_t|", "", "training", "", "PyTorch's", ""},
      {"difference", "float", "double", "float", "double", "float", "double", "float", "double", "time", ""}};
  for (const Comparison& single : comparisons) {
    if (single.is_double) continue;
    const auto twin = std::ranges::find_if(
        comparisons, [&](const Comparison& other) { return other.is_double && other.name == single.name; });
    const std::vector<Check> in_float = single.all_checks();
    const std::vector<Check> in_double =
        twin == comparisons.end() ? std::vector<Check>{} : twin->all_checks();
    std::vector<std::string> line{single.name};
    for (const Quantity quantity : shown) {
      line.push_back(worst_text(in_float, quantity));
      line.push_back(worst_text(in_double, quantity));
    }
    line.push_back(worst_text(chosen(in_float, is_fed_back)));
    line.push_back(worst_text(chosen(in_double, is_fed_back)));
    line.push_back(single.speed ? fmt::format("x {:.2f}", single.speed->ratio) : "");
    line.push_back(agreement_text(std::max(agreement_of(in_float), agreement_of(in_double))));
    table.push_back(std::move(line));
  }
  return table;
}

}  // namespace carousel::cli
