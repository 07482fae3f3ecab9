// What a comparison comes to.
#pragma once

#include <string>
#include <vector>

#include "compare/comparison.h"

namespace carousel::cli {

struct CompareVerdict {
  bool equal = false;
  std::string sentence;  ///< "equal: ..." or "MISMATCH: what, where first, by how much; what to try"
};

/// Names the first check beyond its tolerance, in the order of computing: later ones may follow from it.
CompareVerdict judge(const std::vector<Comparison>& comparisons);

}  // namespace carousel::cli
