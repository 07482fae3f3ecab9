#include "exchange/recurrent_entries.h"

#include <algorithm>
#include <map>
#include <span>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/text.h"
#include "carousel/torch.h"

#include "exchange/entry_name.h"
#include "exchange/measured_entries.h"
#include "exchange/stacked_modules.h"

namespace carousel {
namespace {

using torch::Tensor;

/// A name of a foreign file in a message of one line.
std::string printable(std::string name) {
  constexpr std::size_t longest = 100;
  if (name.size() > longest) name.replace(longest, std::string::npos, "...");
  std::ranges::replace_if(name, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, '?');
  return name;
}

bool is_of_first_layer(const std::string& entry) {
  const auto name = EntryName::of(entry);
  return name && name->is_of_first_layer();
}

void refuse_projections(const RecurrentEntries& found, const std::string& source) {
  for (const auto& [name, tensor] : found.entries) {
    if (!name.starts_with("weight_hr_l")) continue;
    throw Error(
        fmt::format("{} holds {}{}, an LSTM with projections (proj_size), which Carousel does not have",
                    source, found.prefix, name));
  }
}

}  // namespace

bool is_bias(const std::string& name) {
  return name.starts_with("bias_ih_l") || name.starts_with("bias_hh_l");
}

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t most = 12;
  std::vector<std::string> shown;
  for (const std::string& name : std::span(names).first(std::min(names.size(), most)))
    shown.push_back(printable(name));
  if (names.size() > most) shown.push_back(fmt::format("and {} more", names.size() - most));
  return join(shown);
}

std::string RecurrentEntries::describe() const {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : entries) {
    if (is_of_first_layer(name)) names.push_back(name);
  }
  const std::string of = recurrence == Recurrence{} ? "" : fmt::format(", recurrence {},", recurrence.text());
  if (blocks == 0) return fmt::format("{} rows{} in {}", rows, of, listed(names));
  return fmt::format("{} blocks of {} rows{} in {}", blocks, hidden_size, of, listed(names));
}

std::string without_dot(const std::string& prefix) {
  return prefix.substr(0, prefix.size() - (prefix.empty() ? 0 : 1));
}

std::string listed_prefixes(const std::vector<std::string>& prefixes) {
  std::vector<std::string> names;
  for (const auto& prefix : prefixes) names.push_back(prefix.empty() ? "no prefix" : "'" + prefix + "'");
  return listed(names);
}

std::string RecurrentEntries::in_file(const std::string& entry) const {
  auto name = EntryName::of(entry);
  if (!name) return prefix + entry;
  const auto above = std::ranges::upper_bound(modules, name->layer, {}, &Module::first_layer);
  const Module& module = *(above - 1);
  name->layer -= module.first_layer;
  return module.prefix + name->name();
}

RecurrentEntries take_recurrent(TensorMap& entries, const std::string& source) {
  std::map<std::string, RecurrentEntries> modules;
  for (const auto& [entry, tensor] : entries) {
    const auto name = EntryName::of(entry);
    if (!name) continue;
    RecurrentEntries& module = modules[name->prefix];
    module.prefix = name->prefix;
    module.modules = {{name->prefix, 0}};
    module.entries.emplace(name->name(), tensor);
    module.layers = std::max(module.layers, name->layer + 1);
    module.bidirectional |= name->reverse;
  }
  if (modules.empty()) {
    std::vector<std::string> names;
    for (const auto& [entry, tensor] : entries) names.push_back(entry);
    throw Error(
        fmt::format("{} holds no recurrent module, whose first entry is named weight_ih_l0; it holds {}",
                    source, names.empty() ? "nothing" : listed(names)));
  }
  std::erase_if(entries, [](const auto& entry) { return EntryName::of(entry.first).has_value(); });
  std::vector<RecurrentEntries> found;
  for (auto& [prefix, module] : modules) {
    refuse_projections(module, source);
    measure(module, source);
    found.push_back(std::move(module));
  }
  if (found.size() == 1) return std::move(found.front());
  RecurrentEntries stack = stacked(std::move(found), source);
  measure(stack, source);  // a layer above may tell what the first did not
  return stack;
}

std::int64_t RecurrentEntries::units_of(const CellFacts& facts) const {
  const auto gates = static_cast<std::int64_t>(facts.gates.size());
  if (blocks > 0) return gates == blocks ? hidden_size : 0;
  return rows % gates == 0 ? rows / gates : 0;
}

bool first_layer_fits(const RecurrentEntries& found, const TensorMap& expected) {
  std::size_t seen = 0;
  for (const auto& [name, tensor] : expected) {
    const auto entry = found.entries.find(name);
    if (entry == found.entries.end() && !found.bias && is_bias(name)) continue;
    if (entry == found.entries.end() || entry->second.sizes() != tensor.sizes()) return false;
    ++seen;
  }
  return seen == static_cast<std::size_t>(std::ranges::count_if(
                     found.entries, [](const auto& entry) { return is_of_first_layer(entry.first); }));
}

TensorMap complete(const RecurrentEntries& found, const TensorMap& expected, const std::string& source,
                   std::vector<std::string>& notes) {
  TensorMap weights;
  std::vector<std::string> missing, shapes, unexpected;
  for (const auto& [name, tensor] : expected) {
    const auto entry = found.entries.find(name);
    if (entry == found.entries.end()) {
      if (found.bias || !is_bias(name)) missing.push_back(found.in_file(name));
      weights["recurrent." + name] = torch::zeros(tensor.sizes(), found.entries.begin()->second.options());
    } else {
      if (entry->second.sizes() != tensor.sizes()) {
        shapes.push_back(fmt::format("{} is {} and should be {}", found.in_file(name),
                                     shape_text(entry->second), shape_text(tensor)));
      }
      weights["recurrent." + name] = entry->second;
    }
  }
  for (const auto& [name, tensor] : found.entries) {
    if (!expected.contains(name)) unexpected.push_back(found.in_file(name));
  }
  std::string wrong;
  if (!missing.empty()) wrong += "; missing: " + listed(missing);
  if (!unexpected.empty()) wrong += "; unexpected: " + listed(unexpected);
  if (!shapes.empty()) wrong += "; of another shape: " + listed(shapes);
  if (!wrong.empty()) {
    throw Error(fmt::format("{} holds {} layers in {} of a recurrent module that is not whole{}", source,
                            found.layers, found.bidirectional ? "two directions" : "one direction", wrong));
  }
  if (!found.bias) notes.push_back("the recurrent module has no biases: they were set to zero");
  return weights;
}

}  // namespace carousel
