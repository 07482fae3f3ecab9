// The analysis (flow/analysis.h) of a layer of Python's, all its depths and directions.
#pragma once

#include <string>
#include <tuple>
#include <vector>

#include <torch/types.h>

#include "carousel/flow/analysis.h"

namespace carousel::python {

/// A stack of recurrent layers, what it was given, and what came back to its output.
struct StackGiven {
  std::string cell;
  std::vector<std::string> names;      ///< weight_ih_l0, ..., as torch has them: every one of the stack
  std::vector<torch::Tensor> weights;  ///< one each
  std::int64_t layers = 1;
  bool bidirectional = false;
  torch::Tensor rows;                  ///< [N, I]: the rows of step 0, then those of step 1, ...
  std::vector<std::int64_t> sizes;     ///< [T], which never grow
  std::vector<torch::Tensor> initial;  ///< S tensors [L D, B, H], or none for zeros
  torch::Tensor gradient;              ///< [N, D H]: dL/d(output) of every row
};

/// The loss is known by its gradient alone, which says all that an analysis asks of it: where the gradient is cut or the state
/// handed over, no output changes. Throws Error as analyse() does, and for weights that are not those of such a stack.
Analysis analyse_stack(const StackGiven& given, const AnalysisOptions& options);

}  // namespace carousel::python
