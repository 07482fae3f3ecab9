// JSON that comes out of a file, and may hold anything.
#pragma once

#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace carousel {

/// The value of a text, or a discarded one (is_discarded()) where the text is no JSON or its arrays and objects
/// lie more than 100 deep in each other: copying and writing a value takes stack for every level.
nlohmann::json parse_json(std::string_view text);

}  // namespace carousel
