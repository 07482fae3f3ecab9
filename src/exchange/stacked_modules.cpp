#include "exchange/stacked_modules.h"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "carousel/data/text.h"
#include "carousel/error.h"

#include "exchange/entry_name.h"

namespace carousel {
namespace {

/// A part of a path with the number at its end: "lstm_2" is lstm, 2.
struct NumberedPart {
  std::string word = {};
  std::optional<std::int64_t> number = {};
};

std::vector<std::string> parts_of(const std::string& prefix) {
  std::vector<std::string> parts;
  for (const auto part : split(prefix, '.')) parts.emplace_back(part);
  return parts;
}

NumberedPart numbered(const std::string& part) {
  const auto digits = part.find_last_not_of("0123456789") + 1;
  NumberedPart found{part.substr(0, digits), parse_number<std::int64_t>(part.substr(digits))};
  if (found.number && found.word.ends_with('_')) found.word.pop_back();
  return found;
}

/// The one place at which the paths of the modules differ, if there is one.
std::optional<std::size_t> place_of_difference(const std::vector<std::vector<std::string>>& paths) {
  std::optional<std::size_t> place;
  for (const auto& path : paths) {
    if (path.size() != paths.front().size()) return {};
    for (std::size_t i = 0; i < path.size(); ++i) {
      if (path[i] == paths.front()[i] || place == i) continue;
      if (place) return {};
      place = i;
    }
  }
  return place;
}

/// The numbers that order the modules, -1 for one without; empty where their names tell no order.
std::vector<std::int64_t> order_of_modules(const std::vector<RecurrentEntries>& modules) {
  std::vector<std::vector<std::string>> paths;
  for (const auto& module : modules) paths.push_back(parts_of(module.prefix));
  const auto place = place_of_difference(paths);
  if (!place) return {};
  std::vector<std::int64_t> numbers;
  std::set<std::string> words;
  for (const auto& path : paths) {
    const NumberedPart part = numbered(path[*place]);
    numbers.push_back(part.number.value_or(-1));
    words.insert(part.word);
  }
  const bool differ = std::set(numbers.begin(), numbers.end()).size() == numbers.size();
  // A module without a number is the first of those of its name: decoder is not the first of encoder2.
  const bool first_is_known = words.size() == 1 || std::ranges::find(numbers, -1) == numbers.end();
  return differ && first_is_known ? numbers : std::vector<std::int64_t>{};
}

std::string called(const RecurrentEntries& module) {
  return module.prefix.empty() ? "the one without a name" : listed({without_dot(module.prefix)});
}

/// What forbids that one is the layer above the other; "" where nothing does.
std::string obstacle(const RecurrentEntries& below, const RecurrentEntries& above) {
  const std::string one = called(below), other = called(above);
  const auto directions = [](const RecurrentEntries& module) { return module.bidirectional ? 2 : 1; };
  if (below.recurrence != above.recurrence)
    return fmt::format("the recurrence of {} is {} and of {} {}: layers of one stack are of one cell", one,
                       below.recurrence.text(), other, above.recurrence.text());
  if (below.rows != above.rows && (below.blocks == 0 || above.blocks == 0))
    return fmt::format("{} has {} rows of weights and {} {}: layers of one stack are of one cell", one,
                       below.rows, other, above.rows);
  if (below.blocks != above.blocks && below.blocks > 0 && above.blocks > 0)
    return fmt::format("{} has {} gates and {} {}: layers of one stack are of one cell", one, below.blocks,
                       other, above.blocks);
  if (directions(below) != directions(above))
    return fmt::format("{} runs in {} and {} in {}: layers of one stack run alike", one,
                       below.bidirectional ? "both directions" : "one direction", other,
                       above.bidirectional ? "both" : "one");
  const bool told = below.hidden_size > 0 && above.hidden_size > 0;
  if (told && below.hidden_size != above.hidden_size)
    return fmt::format("{} has {} units and {} {}: layers of one stack have the same number", one,
                       below.hidden_size, other, above.hidden_size);
  const std::int64_t given = directions(below) * below.hidden_size;
  if (told && above.input_size != given)
    return fmt::format("{} gives {} values a step and {} reads {}: a layer reads what the one below gives",
                       one, given, other, above.input_size);
  if (below.bias != above.bias)
    return fmt::format("{} has {} and {} {}: save both with biases", one, below.bias ? "biases" : "no biases",
                       other, above.bias ? "has" : "has none");
  return "";
}

void put_on_top(RecurrentEntries& stack, const RecurrentEntries& module) {
  for (const auto& [entry, tensor] : module.entries) {
    auto name = *EntryName::of(entry);
    name.layer += stack.layers;
    stack.entries.emplace(name.name(), tensor);
  }
  stack.modules.push_back({module.prefix, stack.layers});
  stack.layers += module.layers;
}

}  // namespace

RecurrentEntries stacked(std::vector<RecurrentEntries> modules, const std::string& source) {
  const auto numbers = order_of_modules(modules);
  std::vector<std::string> names;
  for (const auto& module : modules) names.push_back(module.prefix);
  if (numbers.empty()) {
    throw Error(fmt::format(
        "{} holds {} recurrent modules, under {}: a run has one, or a stack of them whose names differ in a "
        "number (lstm1, lstm2); rename them so, or save one of them with its embedding and head",
        source, modules.size(), listed_prefixes(names)));
  }
  std::ranges::sort(modules, {}, [&](const RecurrentEntries& module) {
    return numbers[static_cast<std::size_t>(std::ranges::find(names, module.prefix) - names.begin())];
  });
  RecurrentEntries stack = modules.front();
  for (std::size_t i = 1; i < modules.size(); ++i) {
    if (const std::string why = obstacle(modules[i - 1], modules[i]); !why.empty())
      throw Error(fmt::format("in {} {}", source, why));
    put_on_top(stack, modules[i]);
  }
  return stack;
}

}  // namespace carousel
