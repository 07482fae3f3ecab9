#include "options/option.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "carousel/data/text.h"
#include "carousel/error.h"
#include "carousel/text.h"

namespace carousel::cli {
namespace {

std::string wanted(const Option& option) {
  switch (option.kind) {
    case Kind::integer:
      return "a whole number" + option.range.text();
    case Kind::number:
      return "a number" + option.range.text();
    case Kind::duration:
      return "updates such as 5000u or epochs such as 20e" + option.range.text();
    case Kind::flag:
      return "true or false";
    case Kind::text:
      break;
  }
  return "a text";
}

[[noreturn]] void refuse(const Option& option, const std::string& label, const std::string& text) {
  const bool bare = parse_number<double>(text).has_value();
  const std::string alternative = option.unset.empty() ? "" : fmt::format(", or {}", option.unset);
  throw Error(fmt::format("{} is {}, but must be {}{}", label, bare ? text : shown(text), wanted(option),
                          alternative));
}

std::optional<double> finite_number(std::string_view text) {
  const auto value = parse_number<double>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<std::string> integer_text(const Option& option, const std::string& text) {
  const auto value = parse_number<std::int64_t>(text);
  if (!value || !option.range.contains(static_cast<double>(*value))) return {};
  return fmt::format("{}", *value);
}

std::optional<std::string> real_text(const Option& option, const std::string& text) {
  const auto value = finite_number(text);
  if (!value || !option.range.contains(*value)) return {};
  return number_text(*value);
}

std::optional<std::string> flag_text(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::array yes{"true", "1", "yes", "on"};
  constexpr std::array no{"false", "0", "no", "off"};
  if (std::ranges::find(yes, text) != yes.end()) return "true";
  if (std::ranges::find(no, text) != no.end()) return "false";
  return {};
}

std::optional<std::string> duration_text(const Option& option, const std::string& text) {
  const bool epochs = text.ends_with('e'), unit = epochs || text.ends_with('u');
  const auto amount = finite_number(std::string_view(text).substr(0, text.size() - (unit ? 1 : 0)));
  if (!amount || !option.range.contains(*amount)) return {};
  if (!epochs && *amount != std::floor(*amount)) return {};
  return epochs ? number_text(*amount) + "e" : fmt::format("{:.0f}u", *amount);
}

std::string choice_text(const Option& option, const std::string& label, const std::string& text) {
  if (option.choices.empty() || std::ranges::find(option.choices, text) != option.choices.end()) return text;
  const std::string where = label == "--" + option.name ? "" : label + ": ";
  throw Error(where + did_you_mean(option.name, text, option.choices));
}

}  // namespace

bool Range::contains(double value) const {
  return (above_min ? value > min : value >= min) && (below_max ? value < max : value <= max);
}

Range Range::within(double smallest, double largest) const {
  Range range = *this;
  if (!std::isfinite(min)) range.min = smallest;
  if (!std::isfinite(max)) range.max = largest;
  return range;
}

std::string Range::text() const {
  const bool has_min = std::isfinite(min), has_max = std::isfinite(max);
  const std::string low = above_min ? fmt::format(" above {}", min) : fmt::format(" of at least {}", min);
  const std::string high = below_max ? fmt::format("below {}", max) : fmt::format("at most {}", max);
  if (has_min && has_max && !above_min && !below_max) return fmt::format(" between {} and {}", min, max);
  if (has_min && has_max) return low + " and " + high;
  if (has_min) return low;
  return has_max ? " " + high : "";
}

const Option* find_option(const std::vector<Option>& options, std::string_view name) {
  const auto first = [&](auto&& means) {
    const auto found = std::ranges::find_if(options, means);
    return found == options.end() ? nullptr : &*found;
  };
  if (const auto* own = first([&](const Option& o) { return o.name == name && !o.foreign; })) return own;
  const auto is_alias = [&](const Option& o) { return !name.empty() && o.alias == name && !o.foreign; };
  if (const auto* other_word = first(is_alias)) return other_word;
  return first([&](const Option& o) { return o.name == name; });
}

std::vector<std::string> spellings(const Option& option, const std::vector<Option>& others) {
  const bool taken = std::ranges::find(others, option.alias, &Option::name) != others.end();
  if (option.alias.empty() || taken) return {option.name};
  return {option.name, option.alias};
}

std::string canonical(const Option& option, const std::string& label, const std::string& text) {
  if (option.is_unset(text)) return text;
  std::optional<std::string> value;
  switch (option.kind) {
    case Kind::integer:
      value = integer_text(option, text);
      break;
    case Kind::number:
      value = real_text(option, text);
      break;
    case Kind::flag:
      value = flag_text(text);
      break;
    case Kind::duration:
      value = duration_text(option, text);
      break;
    case Kind::text:
      value = choice_text(option, label, text);
      break;
  }
  if (!value) refuse(option, label, text);
  return *value;
}

Duration parse_duration(const std::string& text) {
  const std::string_view amount(text.data(), text.size() - 1);
  return {parse_number<double>(amount).value_or(0.0), text.ends_with('e')};
}

std::string number_text(double value) {
  return fmt::format("{}", value);
}

std::string environment_name(std::string_view option) {
  std::string name = "CAROUSEL_";
  for (const char c : option) {
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

}  // namespace carousel::cli
