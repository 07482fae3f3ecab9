#include "compare/text.h"

#include <algorithm>

#include <fmt/format.h>

#include "carousel/torch_build.h"
#include "carousel/version.h"

#include "compare/details.h"
#include "compare/tables.h"
#include "terminal/text_table.h"

namespace carousel::cli {
namespace {

std::string trajectories_text(const Comparison& comparison) {
  if (comparison.trajectories.empty()) return "";
  std::string text =
      fmt::format("\n{} updates, largest relative differences (tolerance {}, rates {})\n", comparison.updates,
                  shown_tolerance(tolerance(Quantity::losses, comparison.is_double)),
                  shown_tolerance(tolerance(Quantity::rates, comparison.is_double)));
  text += table_text(trajectory_table(comparison), 2);
  if (std::ranges::any_of(comparison.trajectories, [](const Trajectory& t) { return t.how.scaled; }))
    text += "* with a warm-up and falls that fit in so few updates; the others as configured\n";
  return text;
}

std::string details_text(const Comparison& comparison) {
  std::string text = fmt::format("\n{}", table_text(parameters_table(comparison), 1));
  if (!comparison.curves.empty())
    text += fmt::format("\nnorm of dL/d(state) at every step\n{}", table_text(steps_table(comparison), 0));
  for (const Trajectory& t : comparison.trajectories)
    text += fmt::format("\n{}\n{}", t.how.name(), table_text(updates_table(t), 0));
  return text;
}

}  // namespace

std::string sides_text(const PythonReference& python, std::int64_t threads) {
  return fmt::format("Carousel {} on LibTorch {} | torch {} in Python {} | {} thread{}\nPython: {}\n",
                     CAROUSEL_VERSION, torch_version, python.torch_version(), python.python_version(),
                     threads, threads == 1 ? "" : "s", python.executable());
}

std::string speed_text(const Speed& speed) {
  const auto milliseconds = [](const Spread& s) {
    return fmt::format("{:.3g} ms ({:.3g} to {:.3g})", 1e3 * s.median, 1e3 * s.lower, 1e3 * s.upper);
  };
  return fmt::format("an update takes {} here, {} in PyTorch: {:.2f} times as long", milliseconds(speed.ours),
                     milliseconds(speed.reference), speed.ratio);
}

std::string comparison_text(const Comparison& comparison, bool with_details) {
  std::string text =
      fmt::format("{}\nweights: {}; PyTorch's side: {}\n\n{}", comparison.title, comparison.start,
                  comparison.layer, table_text(first_batch_table(comparison), 2));
  text += trajectories_text(comparison);
  if (with_details) text += details_text(comparison);
  if (comparison.speed) {
    text += fmt::format("\n{}\n  median and quartiles of {} turns in alternation\n",
                        speed_text(*comparison.speed), comparison.speed->ours.count);
  }
  for (const std::string& note : comparison.notes) text += fmt::format("note: {}\n", note);
  return text;
}

std::vector<std::string> networks_notes(const std::vector<Comparison>& comparisons) {
  std::vector<std::string> notes;
  for (const Comparison& c : comparisons) {
    for (const std::string& note : c.notes)
      notes.push_back(fmt::format("{} in {}: {}", c.name, c.dtype(), note));
  }
  return notes;
}

std::string networks_text(const std::vector<Comparison>& comparisons) {
  std::string text = table_text(networks_table(comparisons), 1);
  for (const std::string& note : networks_notes(comparisons)) text += fmt::format("note: {}\n", note);
  return text;
}

}  // namespace carousel::cli
