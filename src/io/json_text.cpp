#include "carousel/io/json_text.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace carousel {
namespace {

constexpr int deepest = 100;

/// How deep arrays and objects lie in each other; of what is no JSON any number.
int depth_of(std::string_view text) {
  int depth = 0, most = 0;
  bool in_text = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (in_text && c == '\\') ++at;
    if (c == '"') in_text = !in_text;
    if (in_text) continue;
    if (c == '[' || c == '{') most = std::max(most, ++depth);
    if (c == ']' || c == '}') --depth;
  }
  return most;
}

}  // namespace

nlohmann::json parse_json(std::string_view text) {
  if (depth_of(text) > deepest) return nlohmann::json::value_t::discarded;
  return nlohmann::json::parse(text, nullptr, false);
}

}  // namespace carousel
