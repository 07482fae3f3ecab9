// The comparison as a page of text.
#pragma once

#include <string>
#include <vector>

#include "cli/compare/comparison.h"

namespace carousel::cli {

/// Both sides' versions, Python and the number of threads: "Carousel 0.1.0 on LibTorch 2.13.0 | ...".
std::string sides_text(const PythonReference& python, std::int64_t threads);

/// Tables and notes of one comparison.
std::string comparison_text(const Comparison& comparison);

/// One row a network, float and double side by side: two comparisons with the same name are one row.
std::string all_text(const std::vector<Comparison>& comparisons);

/// "equal: 1,234 figures compared, ..." or "MISMATCH: what, where first, by how much; what to try".
std::string verdict_text(const std::vector<Comparison>& comparisons);

/// A difference in two digits: "1.2e-07", "0".
std::string shown_difference(double difference);

}  // namespace carousel::cli
