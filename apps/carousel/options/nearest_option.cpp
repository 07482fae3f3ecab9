#include "options/nearest_option.h"

#include <algorithm>
#include <cctype>
#include <iterator>

#include <fmt/format.h>

#include "carousel/text.h"

namespace carousel::cli {
namespace {

using Names = std::vector<std::string>;

constexpr std::size_t most_named = 4;

/// As options are written: small letters, and dashes between words.
std::string as_option(std::string name) {
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return c == '_' ? '-' : static_cast<char>(std::tolower(c)); });
  return name;
}

Names names_of(const std::vector<Option>& options) {
  Names names;
  for (const Option& option : options)
    std::ranges::copy(spellings(option, options), std::back_inserter(names));
  return names;
}

/// "batch" in "batch-size": whole words of it.
bool holds_words(const std::string& text, const std::string& words) {
  return ("-" + text + "-").find("-" + words + "-") != std::string::npos;
}

/// Those for which it holds; none where it holds for too many to help.
Names few(const Names& names, auto holds) {
  Names found;
  std::ranges::copy_if(names, std::back_inserter(found), holds);
  return found.size() > most_named ? Names{} : found;
}

Names likely(const Names& names, const std::string& given) {
  if (given.empty()) return {};
  const Names abbreviated = few(names, [&](const std::string& name) { return name.starts_with(given); });
  if (!abbreviated.empty()) return abbreviated;
  if (const std::string near = nearest(given, names); !near.empty()) return {near};
  return few(names,
             [&](const std::string& name) { return holds_words(name, given) || holds_words(given, name); });
}

}  // namespace

std::string nearest_option(const std::vector<Option>& options, const std::string& name,
                           const std::string& prefix) {
  Names found = likely(names_of(options), as_option(name));
  if (found.empty()) return "";
  for (std::string& one : found) one = fmt::format("'{}{}'", prefix, one);
  return fmt::format("; did you mean {}?", join(found, " or "));
}

}  // namespace carousel::cli
