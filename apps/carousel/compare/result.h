// The comparison for other programs.
#pragma once

#include <vector>

#include <nlohmann/json.hpp>

#include "compare/comparison.h"

namespace carousel::cli {

/// {"verdict", "sentence", "carousel", "python", "torch", "threads", "comparisons": [...]}: every figure, and
/// every curve of both sides.
nlohmann::json comparison_json(const std::vector<Comparison>& comparisons, const PythonReference& python,
                               std::int64_t threads);

}  // namespace carousel::cli
