#include "cli/compare/text.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "carousel/text.h"
#include "carousel/version.h"

namespace carousel::cli {
namespace {

using Row = std::vector<std::string>;

/// Columns by their widest cell; the first `left` ones to the left, the rest to the right.
std::string table_text(const std::vector<Row>& rows, std::size_t left) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], row[c].size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c)
      line += (c == 0 ? "" : "  ") + (c < left ? fmt::format("{:<{}}", row[c], widths[c])
                                               : fmt::format("{:>{}}", row[c], widths[c]));
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string ok_text(bool ok, bool nothing = false) {
  return !ok ? "MISMATCH" : nothing ? "all zero" : "ok";
}

struct Counted {
  std::size_t figures = 0, numbers = 0, zeros = 0;
};

Counted count(const std::vector<Figure>& figures, Quantity kind) {
  Counted counted;
  for (const Figure& figure : figures) {
    if (figure.kind != kind) continue;
    ++counted.figures;
    counted.numbers += figure.difference.count;
    if (figure.difference.nothing) ++counted.zeros;
  }
  return counted;
}

std::string tolerance_text(double tolerance) {
  return tolerance == 0.0 ? "bit for bit" : fmt::format("{:.0e}", tolerance);
}

std::string first_batch_text(const Comparison& comparison) {
  std::vector<Row> rows{
      {"first batch", "worst of", "figures", "numbers", "max abs", "max rel", "tolerance", ""}};
  for (const Quantity kind :
       {Quantity::start, Quantity::outputs, Quantity::loss, Quantity::gradients, Quantity::step_norms}) {
    const Figure* worst = worst_of(comparison.figures, kind);
    if (worst == nullptr) continue;
    const Counted counted = count(comparison.figures, kind);
    const bool all_zero = counted.zeros == counted.figures;
    rows.push_back({quantity_name(kind), worst->name, fmt::format("{}", counted.figures),
                    format_count(static_cast<double>(counted.numbers)),
                    shown_difference(worst->difference.absolute),
                    shown_difference(worst->difference.relative), tolerance_text(worst->tolerance),
                    ok_text(worst->ok(), all_zero)});
  }
  return table_text(rows, 2);
}

std::string worst_text(const std::vector<Figure>& figures, Quantity kind) {
  const Figure* worst = worst_of(figures, kind);
  return worst == nullptr ? "" : shown_difference(worst->difference.relative);
}

std::string trajectories_text(const Comparison& comparison) {
  if (comparison.trajectories.empty()) return "";
  std::vector<Row> rows{{"optimiser", "schedule", "first loss", "last loss", "PyTorch's", "losses",
                         "clip norms", "rates", "weights", "clipped", ""}};
  for (const Trajectory& t : comparison.trajectories) {
    const bool ok = std::ranges::all_of(t.figures, &Figure::ok);
    rows.push_back({t.how.optimiser, t.how.schedule + (t.how.scaled ? " *" : ""),
                    fmt::format("{:.6g}", t.losses.ours.front()), fmt::format("{:.7g}", t.losses.ours.back()),
                    fmt::format("{:.7g}", t.losses.reference.back()), worst_text(t.figures, Quantity::losses),
                    worst_text(t.figures, Quantity::clip_norms), worst_text(t.figures, Quantity::rates),
                    worst_text(t.figures, Quantity::weights), fmt::format("{:.0f}%", 100.0 * t.clipped),
                    ok_text(ok)});
  }
  std::string text = fmt::format(
      "\n{} updates, largest relative differences (tolerance {:.0e}, rates {:.0e})\n", comparison.updates,
      tolerance(Quantity::losses, comparison.is_double), tolerance(Quantity::rates, comparison.is_double));
  text += table_text(rows, 2);
  if (std::ranges::any_of(comparison.trajectories, [](const Trajectory& t) { return t.how.scaled; }))
    text += "* with a warm-up and falls that fit in so few updates; the others as configured\n";
  return text;
}

std::string speed_text(const Speed& speed) {
  const auto milliseconds = [](const Spread& s) {
    return fmt::format("{:.3g} ms ({:.3g} to {:.3g})", 1e3 * s.median, 1e3 * s.lower, 1e3 * s.upper);
  };
  return fmt::format("\nan update   {} here, {} in PyTorch, which takes {:.2f} times as long\n",
                     milliseconds(speed.ours), milliseconds(speed.reference), speed.ratio) +
         fmt::format("            median and quartiles of {} turns taken in alternation\n", speed.ours.count);
}

std::string mismatch_text(const Comparison& comparison, const Figure& figure) {
  const Difference& d = figure.difference;
  const std::string where =
      fmt::format("{} with {}, {}: {}, {}", comparison.task, comparison.cell,
                  comparison.is_double ? "double" : "float", quantity_name(figure.kind), figure.name);
  if (d.sizes_differ) return where + ": the two sides have not the same number of values";
  const bool updates = scale_of(figure.kind) == Scale::each && figure.kind != Quantity::loss;
  const std::string first =
      !updates ? ""
               : fmt::format(" from {} {} on", figure.kind == Quantity::validations ? "validation" : "update",
                             figure.first_beyond().value_or(0) + 1);
  return fmt::format("{}{} differ by {} of it ({} absolute), beyond {:.0e}", where, first,
                     shown_difference(d.relative), shown_difference(d.absolute), figure.tolerance);
}

std::string advice_for(Quantity kind) {
  if (kind == Quantity::start) return "has the initialisation been changed?";
  if (kind == Quantity::losses || kind == Quantity::clip_norms || kind == Quantity::validations ||
      kind == Quantity::weights)
    return "try --dtype double: what is only rounding, fed back through training, is gone there; or a lower "
           "--lr";
  return "try --dtype double and --engine loop, to tell rounding and the fused kernels from the cell";
}

/// "torch-lstm" and "lstm" are different rows; float and double of one network are the same row.
std::string network_name(const Comparison& comparison) {
  return comparison.name.empty() ? comparison.cell : comparison.name;
}

}  // namespace

std::string shown_difference(double difference) {
  return difference == 0.0           ? "0"
         : std::isfinite(difference) ? fmt::format("{:.1e}", difference)
                                     : "not finite";
}

std::string sides_text(const PythonReference& python, std::int64_t threads) {
  return fmt::format("Carousel {} on LibTorch {} | torch {} in Python {} ({}) | {} thread{}\n",
                     CAROUSEL_VERSION, CAROUSEL_TORCH_VERSION, python.torch_version(),
                     python.python_version(), python.executable(), threads, threads == 1 ? "" : "s");
}

std::string comparison_text(const Comparison& comparison) {
  std::string text = fmt::format("{}\nweights from {}; PyTorch's side: {}\n\n{}", comparison.title,
                                 comparison.start, comparison.layer, first_batch_text(comparison));
  text += trajectories_text(comparison);
  if (comparison.speed) text += speed_text(*comparison.speed);
  for (const std::string& note : comparison.notes) text += fmt::format("note: {}\n", note);
  return text;
}

std::string all_text(const std::vector<Comparison>& comparisons) {
  std::vector<Row> rows{
      {"largest relative", "outputs", "", "gradients", "", "|dL/dh_t|", "", "training", "", "PyTorch's", ""},
      {"difference", "float", "double", "float", "double", "float", "double", "float", "double", "time", ""}};
  for (const Comparison& single : comparisons) {
    if (single.is_double) continue;
    const auto twin = std::ranges::find_if(comparisons, [&](const Comparison& other) {
      return other.is_double && network_name(other) == network_name(single);
    });
    Row row{network_name(single)};
    std::vector<Figure> trained[2];
    bool ok = true;
    for (const Quantity kind :
         {Quantity::outputs, Quantity::gradients, Quantity::step_norms, Quantity::losses}) {
      for (const Comparison* side : {&single, twin == comparisons.end() ? nullptr : &*twin}) {
        if (side == nullptr) continue;
        ok = ok && side->ok();
        row.push_back(worst_text(side->all_figures(), kind));
      }
    }
    row.push_back(single.speed ? fmt::format("x {:.2f}", single.speed->ratio) : "");
    row.push_back(ok_text(ok));
    rows.push_back(std::move(row));
  }
  return table_text(rows, 1);
}

std::string verdict_text(const std::vector<Comparison>& comparisons) {
  std::size_t figures = 0, numbers = 0;
  const Comparison* where = nullptr;
  Figure worst{};
  for (const Comparison& comparison : comparisons) {
    const std::vector<Figure> all = comparison.all_figures();
    figures += all.size();
    for (const Figure& figure : all) numbers += figure.difference.count;
    for (const Figure& figure :
         all) {  // the first that is beyond, in the order of computing: others follow from it
      if (!figure.ok())
        return fmt::format("MISMATCH: {}; {}\n", mismatch_text(comparison, figure), advice_for(figure.kind));
    }
    const Figure* own = worst_of(all);
    if (own != nullptr && (where == nullptr || share_of_tolerance(*own) > share_of_tolerance(worst)))
      where = &comparison, worst = *own;
  }
  if (where == nullptr) return "nothing was compared\n";
  return fmt::format(
      "equal: {} figures of {} numbers agree; nearest to its tolerance of {}: {}, {} of {}, by {}\n", figures,
      format_count(static_cast<double>(numbers)), tolerance_text(worst.tolerance), quantity_name(worst.kind),
      worst.name, where->name.empty() ? where->cell : where->name,
      shown_difference(worst.difference.relative));
}

}  // namespace carousel::cli
