#include "exchange/fitting_cell.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/recurrent/recurrent_base.h"
#include "carousel/text.h"
#include "carousel/torch.h"

namespace carousel {
namespace {

/// The cells whose own name stands for weights that fit several.
constexpr std::array preferred{"lstm", "gru", "rnn"};

/// Whether a cell has this recurrence unless it is told another. Heads are a full matrix shared out.
bool has_as_its_own(const CellRegistry::Entry& cell, const Recurrence& recurrence) {
  if (recurrence.form != Recurrence::Form::heads) return cell.facts.recurrence == recurrence;
  return cell.facts.recurrence == Recurrence{} && cell.has_kernels;
}

/// Cells of the registry whose first layer has these names and shapes: the one that is named, and those of this
/// recurrence.
std::vector<std::string> fitting_cells(const RecurrentEntries& found, const CellRegistry& cells,
                                       const Named& named) {
  std::vector<std::string> names;
  for (const std::string& name : cells.names()) {
    const CellRegistry::Entry& cell = cells.find(name);
    const std::int64_t hidden = found.units_of(cell.facts);
    if (name.starts_with("torch-") || hidden == 0 || (named.hidden != 0 && named.hidden != hidden)) continue;
    if (name != named.cell && !has_as_its_own(cell, found.recurrence)) continue;
    if (first_layer_fits(found, state_dict(*cells.make(name, options_of(found, cell.facts)))))
      names.push_back(name);
  }
  return names;
}

/// "indrnn of 12 units and paragru of 4 units", where it is not the shapes that tell the units.
std::string with_units(const std::vector<std::string>& names, const RecurrentEntries& found,
                       const CellRegistry& cells) {
  std::vector<std::string> each;
  for (const auto& name : names) {
    const std::int64_t units = found.units_of(cells.find(name).facts);
    each.push_back(found.hidden_size > 0 ? name : fmt::format("{} of {} units", name, units));
  }
  return join(each, " and ");
}

/// What the weights are, for a message.
std::string described(const RecurrentEntries& found, const Named& named) {
  const std::string weights = found.describe();
  return named.hidden > 0 ? fmt::format("{}, with --hidden {}", weights, named.hidden) : weights;
}

/// What to do about weights that fit no cell of which their recurrence is the own.
std::string hint(const RecurrentEntries& found) {
  if (found.recurrence == Recurrence{}) return "";
  return fmt::format("; of a cell whose own recurrence is not {}, say which by --cell",
                     found.recurrence.text());
}

}  // namespace

RecurrentOptions options_of(const RecurrentEntries& found, const CellFacts& facts) {
  return RecurrentOptions(found.input_size, found.units_of(facts))
      .recurrence(found.recurrence)
      .learn_start(found.learn_start);
}

FittingCell choose_cell(const RecurrentEntries& found, const CellRegistry& cells, const Named& named,
                        const std::string& source) {
  const auto fitting = fitting_cells(found, cells, named);
  const auto chosen = [&](const std::string& name) {
    FittingCell cell{name, fitting};
    std::erase(cell.others, name);
    return cell;
  };
  const auto is_among = [&](const std::string& name) {
    return std::ranges::find(fitting, name) != fitting.end();
  };
  if (!named.cell.empty()) {
    if (is_among(named.cell)) return chosen(named.cell);
    throw Error(fmt::format("{} does not hold the weights of {}: {}{}", source, named.cell,
                            described(found, named),
                            fitting.empty() ? "" : fmt::format("; they fit {}", join(fitting, " or "))));
  }
  if (fitting.empty()) {
    throw Error(fmt::format("{} holds a recurrent module of no cell that is known here: {}{}", source,
                            described(found, named), hint(found)));
  }
  if (fitting.size() == 1) return chosen(fitting.front());
  for (const char* name : preferred) {
    if (is_among(name)) return chosen(name);
  }
  throw Error(fmt::format("the weights of {} fit {}: say which by --cell{}", source,
                          with_units(fitting, found, cells), found.hidden_size > 0 ? "" : " or --hidden"));
}

}  // namespace carousel
