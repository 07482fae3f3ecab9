// The comparison as a page of text.
#pragma once

#include <string>
#include <vector>

#include "compare/comparison.h"

namespace carousel::cli {

/// Both sides' versions, Python and the number of threads: "Carousel 0.1.0 on LibTorch 2.13.0 | ...".
std::string sides_text(const PythonReference& python, std::int64_t threads);

/// Tables, times and notes of one comparison; `with_details`: and both sides' numbers next to each other.
std::string comparison_text(const Comparison& comparison, bool with_details);

/// The notes of several comparisons, each with its network and type in front.
std::vector<std::string> networks_notes(const std::vector<Comparison>& comparisons);

/// A line a network, and the notes.
std::string networks_text(const std::vector<Comparison>& comparisons);

/// What takes how long on either side.
std::string speed_text(const Speed& speed);

}  // namespace carousel::cli
