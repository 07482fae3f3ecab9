// The comparison as an HTML page.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "compare/comparison.h"

namespace carousel::cli {

/// What page_html takes: the verdict, the tables, and for a single comparison the curves of both sides on top
/// of each other. `sides` says which versions they are.
nlohmann::json comparison_page(const std::vector<Comparison>& comparisons, const std::string& sides,
                               const std::string& made_by);

}  // namespace carousel::cli
