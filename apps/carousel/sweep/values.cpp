#include "sweep/values.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "carousel/data/text.h"
#include "carousel/error.h"
#include "carousel/text.h"

#include "runs/learned_cells.h"

namespace carousel::cli {
namespace {

bool is_number(const Option& option) {
  return option.kind == Kind::integer || option.kind == Kind::number;
}

Error refused(const std::string& label, const std::string& text, const std::string& what) {
  return Error(fmt::format("{} is {}, {}", label, shown(text), what));
}

/// "1..9:2", of an option that is a number; nothing where it is no range.
std::optional<WholeRange> whole_range(const std::string& text, const std::string& label) {
  const auto dots = text.find("..");
  if (dots == std::string::npos) return {};
  const auto colon = std::min(text.find(':', dots), text.size());
  const std::string_view all = text, low = all.substr(0, dots), high = all.substr(dots + 2, colon - dots - 2);
  if (low.empty() || high.empty())
    throw refused(label, text, "a range without an end: write both, as in 1..5");
  const auto first = parse_number<std::int64_t>(low), last = parse_number<std::int64_t>(high);
  const auto step = colon == text.size() ? std::optional<std::int64_t>(1)
                                         : parse_number<std::int64_t>(all.substr(colon + 1));
  if (!first || !last || !step || *step < 1)
    throw refused(label, text, "but a range has whole numbers, as in 1..5 or 1..9:2");
  if (*last < *first) throw refused(label, text, "a range that ends before it begins");
  const double count =
      (static_cast<double>(*last) - static_cast<double>(*first)) / static_cast<double>(*step);
  if (count >= static_cast<double>(most_values)) {
    throw refused(label, text,
                  fmt::format("which is {:.3g} values: a sweep takes at most {} of one option", count + 1,
                              most_values));
  }
  return WholeRange{*first, *first + (*last - *first) / *step * *step, *step};
}

/// "log(1e-4,1e-2)"; nothing where it is no distribution.
std::optional<Distribution> distribution(const Option& option, const std::string& text,
                                         const std::string& label) {
  const bool log = text.starts_with("log("), uniform = text.starts_with("uniform(");
  if (!log && !uniform) return {};
  const auto open = text.find('(');
  if (!text.ends_with(')'))
    throw refused(label, text, "but a distribution stands alone, as in log(1e-4,1e-2)");
  const auto ends = split(std::string_view(text).substr(open + 1, text.size() - open - 2), ',');
  if (ends.size() != 2) throw refused(label, text, "but a distribution has two ends, as in log(1e-4,1e-2)");
  const auto end = [&](std::string_view end_text) {
    return parse_number<double>(canonical(option, label, std::string(trim(end_text)))).value_or(0.0);
  };
  const Distribution drawn{log, end(ends[0]), end(ends[1])};
  if (drawn.low >= drawn.high) throw refused(label, text, "whose first end must be below its second");
  if (log && drawn.low <= 0) throw refused(label, text, "whose ends must be above 0");
  return drawn;
}

void add_value(SweptOption& swept, const Option& option, const std::string& text, const CellRegistry& cells) {
  const std::string name = option.name == "cell" ? cell_name(text, cells) : text;
  swept.values.push_back({text, canonical(option, swept.label, name)});
}

void add_range(SweptOption& swept, const Option& option, const WholeRange& range) {
  for (std::int64_t value = range.first; value <= range.last; value += range.step) {
    const std::string text = canonical(option, swept.label, fmt::format("{}", value));
    swept.values.push_back({text, text});
  }
}

/// As sweep.toml has it: in an array what stood in one, and what holds commas and was not split.
std::string written(const Option& option, const GivenTexts& given) {
  const auto value = [&](const std::string& text) {
    const bool bare = is_number(option) && parse_number<double>(text).has_value() && !text.starts_with('+');
    return bare ? number_text(*parse_number<double>(text)) : toml_quoted(text);
  };
  if (!given.array) return value(given.texts.front());
  std::vector<std::string> texts;
  for (const std::string& text : given.texts) texts.push_back(value(text));
  return "[" + join(texts) + "]";
}

}  // namespace

void check_unequal(const SweptOption& swept) {
  std::set<std::string_view> seen;
  for (const SweepValue& value : swept.values) {
    if (!seen.insert(value.shown).second)
      throw Error(fmt::format("{} has {} twice: give each value once", swept.label, value.shown));
  }
}

std::vector<std::string> sweep_parts(const std::string& text, const std::string& label) {
  std::vector<std::string> parts;
  std::string part, open;  // the brackets that will close what is open
  for (const char c : text) {
    if (c == ',' && open.empty()) {
      parts.push_back(std::move(part));
      part.clear();
      continue;
    }
    if (c == '(' || c == '{') open += c == '(' ? ')' : '}';
    if (!open.empty() && c == open.back()) open.pop_back();
    part += c;
  }
  parts.push_back(std::move(part));
  if (!open.empty()) throw refused(label, text, fmt::format("in which a '{}' is missing", open.back()));
  for (std::string& one : parts) {
    if (one.empty() && parts.size() > 1) throw refused(label, text, "in which a value is empty");
    if (one.starts_with('{') && one.ends_with('}')) one = one.substr(1, one.size() - 2);
  }
  return parts;
}

SweptOption swept_option(const Option& option, const GivenTexts& given, const CellRegistry& cells) {
  SweptOption swept{.name = option.name,
                    .label = given.label,
                    .written = written(option, given),
                    .whole = option.kind == Kind::integer};
  const std::string& text = given.texts.empty() ? "" : given.texts.front();
  const bool one = !given.array && option.holds_commas && !text.starts_with('{');
  const auto parts = given.array || one ? given.texts : sweep_parts(text, given.label);
  if (parts.empty()) throw Error(fmt::format("{} is an array without a value", given.label));
  for (const std::string& part : parts) {
    const bool may_stand_for_many = is_number(option) && !given.array;
    if (may_stand_for_many && parts.size() == 1) swept.drawn = distribution(option, part, given.label);
    if (swept.drawn) return swept;
    const auto range = may_stand_for_many ? whole_range(part, given.label) : std::nullopt;
    if (range && parts.size() == 1) swept.range = range;
    range ? add_range(swept, option, *range) : add_value(swept, option, part, cells);
  }
  check_unequal(swept);
  return swept;
}

}  // namespace carousel::cli
