// The analysis of a network as a page of text: a title a figure, a small table, a sentence on how to read it.
#pragma once

#include <optional>
#include <string>

#include "carousel/flow/analysis.h"

namespace carousel {

/// Of the trained weights and of those before training; one of the two may be missing.
struct AnalysisPair {
  std::optional<Analysis> trained, initial;
};

/// `title` is the first line.
std::string analysis_page(const std::string& title, const AnalysisPair& pair);

}  // namespace carousel
