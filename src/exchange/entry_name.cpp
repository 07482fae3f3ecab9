#include "exchange/entry_name.h"

#include <regex>

#include <fmt/format.h>

namespace carousel {

std::optional<EntryName> EntryName::of(const std::string& entry) {
  static const std::regex layered(
      R"((?:(.*)\.)?(?:([A-Za-z]\w*?)_l(0|[1-9]\d{0,3})(_reverse)?|(cell)_l(0|[1-9]\d{0,3})(_reverse)?(\..+)))");
  static const std::regex single(R"((?:(.*)\.)?((?:weight|bias)_(?:ih|hh)))");  // nn.LSTMCell and its like
  constexpr std::size_t longest = 1000;  // a regular expression recurses over a name
  if (entry.size() > longest) return {};
  std::smatch parts;
  const bool has_layer = std::regex_match(entry, parts, layered);
  if (!has_layer && !std::regex_match(entry, parts, single)) return {};
  EntryName name{.prefix = parts[1].matched ? parts[1].str() + "." : ""};
  const std::size_t first = has_layer && parts[5].matched ? 5 : 2;
  name.stem = parts[first].str();
  if (!has_layer) return name;
  name.layer = std::stoll(parts[first + 1].str());
  name.reverse = parts[first + 2].matched;
  name.rest = parts[8].str();
  return name;
}

std::string EntryName::name() const {
  return fmt::format("{}_l{}{}{}", stem, layer, reverse ? "_reverse" : "", rest);
}

}  // namespace carousel
