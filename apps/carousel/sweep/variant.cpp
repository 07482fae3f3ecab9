#include "sweep/variant.h"

#include <algorithm>

#include <fmt/format.h>

#include "carousel/data/text.h"
#include "carousel/error.h"
#include "carousel/text.h"

#include "options/nearest_option.h"
#include "runs/learned_cells.h"

namespace carousel::cli {
namespace {

/// The variant in its canonical form, which shows a cell's name in place of its file.
std::string shown_variant(const std::string& text, const std::string& label, const std::vector<Option>& table,
                          const std::vector<std::string>& refused, const CellRegistry& cells) {
  std::vector<std::string> parts, names;
  for (const Given& given : variant_options(text, label)) {
    const Option* option = find_option(table, given.name);
    if (option == nullptr)
      throw Error(fmt::format("{} gives '{}', which is no option of a training{}", label, given.name,
                              nearest_option(table, given.name, "")));
    if (std::ranges::find(refused, option->name) != refused.end())
      throw Error(
          fmt::format("{} gives {}, which a variant cannot: every variant is trained with all seeds, in "
                      "runs that the sweep names",
                      label, option->name));
    if (std::ranges::find(names, option->name) != names.end())
      throw Error(fmt::format("{} is {}, which gives {} twice", label, shown(text), option->name));
    names.push_back(option->name);
    const std::string value = option->name == "cell" ? cell_name(given.text, cells) : given.text;
    parts.push_back(fmt::format("{}={}", option->name, canonical(*option, given.label, value)));
  }
  return join(parts, ",");
}

}  // namespace

std::vector<Given> variant_options(const std::string& text, const std::string& label) {
  std::vector<Given> given;
  for (const std::string& part : sweep_parts(text, label)) {
    const auto equals = part.find('=');
    const std::string name(trim(part.substr(0, equals)));
    if (equals == std::string::npos || name.empty())
      throw Error(
          fmt::format("{} is {}, but a variant gives options their values, as in cell=lstm,forget-bias=3",
                      label, shown(text)));
    given.push_back({name, std::string(trim(part.substr(equals + 1))), fmt::format("{} of {}", name, label)});
  }
  return given;
}

SweptOption swept_variants(const GivenTexts& given, const std::vector<Option>& table,
                           const std::vector<std::string>& refused, const CellRegistry& cells) {
  Option variant{.name = variant_name, .kind = Kind::text};
  SweptOption swept = swept_option(variant, given, cells);
  for (SweepValue& value : swept.values)
    value.shown = shown_variant(value.given, given.label, table, refused, cells);
  check_unequal(swept);
  return swept;
}

void check_variants(const std::vector<SweptOption>& options) {
  const auto variants = std::ranges::find(options, variant_name, &SweptOption::name);
  if (variants == options.end()) return;
  for (const SweepValue& value : variants->values) {
    for (const Given& given : variant_options(value.given, variants->label)) {
      const auto other = std::ranges::find(options, given.name, &SweptOption::name);
      if (other == options.end() || other->is_fixed()) continue;
      throw Error(fmt::format("{} gives {}, and {} has several values: give them in the variants alone",
                              variants->label, given.name, other->label));
    }
  }
}

std::vector<Given> without_variants(std::vector<Given> values) {
  const auto variant = std::ranges::find(values, variant_name, &Given::name);
  if (variant == values.end()) return values;
  const std::vector<Given> own = variant_options(variant->text, variant->label);
  values.erase(variant);
  for (const Given& given : own) {
    std::erase_if(values, [&](const Given& other) { return other.name == given.name; });
    values.push_back(given);
  }
  return values;
}

}  // namespace carousel::cli
