// The figures of an analysis as rows of text.
#pragma once

#include <string>
#include <vector>

#include "carousel/flow/analysis.h"

namespace carousel {

using Cells = std::vector<std::string>;

/// A line of a table: what it is of, and a text for every column.
struct FigureRow {
  std::string label;
  Cells cells;
};

/// A table of the page.
struct AnalysisFigure {
  const char* title;    ///< what it is, with its unit
  const char* reading;  ///< a sentence on how to read it
  Cells columns;
  std::vector<FigureRow> (*rows)(const Analysis&);  ///< none where the analysis does not have it
};

/// All of them, in the order of the page.
const std::vector<AnalysisFigure>& analysis_figures();

/// The values as a line of at most `width` bars from the lowest to the highest; a dot where one is not
/// finite. Where they differ by less than `least`, the bars stay near the middle.
std::string sparkline(const std::vector<double>& values, std::size_t width, double least = 0.0);

}  // namespace carousel
