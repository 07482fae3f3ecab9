// The comparisons of `carousel compare --all`.
#pragma once

#include <string>
#include <vector>

#include "runs/request.h"

namespace carousel::cli {

struct NamedNetwork {
  std::string name;  ///< "lstm, both directions"; the same for float and double
  TrainRequest request;
};

/// Every built-in cell with two layers on the adding problem, torch's own cells in both directions too, and
/// three of them on tokens of different lengths with an embedding; each in float and in double.
std::vector<NamedNetwork> all_networks(const Registries& registries);

}  // namespace carousel::cli
