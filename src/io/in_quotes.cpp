#include "io/in_quotes.h"

#include <nlohmann/json.hpp>

namespace carousel {

using nlohmann::json;

std::string in_quotes(std::string_view text) {
  constexpr std::size_t longest = 60;
  const bool cut = text.size() > longest;
  const std::string escaped =
      json(text.substr(0, longest)).dump(-1, ' ', true, json::error_handler_t::replace);
  return cut ? escaped + "..." : escaped;
}

}  // namespace carousel
