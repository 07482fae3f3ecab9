// An optimiser's step that is taken back when it breaks a number, and that tells how large it was.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <torch/optim/optimizer.h>

#include "carousel/flow/record.h"
#include "carousel/train/parameters.h"

namespace carousel {

/// Remembers weights and optimiser state before a step. The memory is reused from update to update.
class StepGuard {
 public:
  StepGuard(const std::vector<NamedParameter>& parameters, torch::optim::Optimizer& optimiser);

  /// Takes a step at a learning rate. When it makes a parameter or its optimiser state infinite or NaN, as a
  /// finite gradient may whose square or step is not, all is put back bit for bit and the first such parameter
  /// is named.
  std::optional<std::string> step(double rate);

  /// Fills update_norm and weight_norm of the parameters that are listed by name. They are sums of floats in
  /// blocks: good to about 6 digits.
  void measure(std::vector<ParameterFlow>& parameters) const;

 private:
  void remember_all();
  std::optional<std::string> broken() const;
  void take_back();

  struct Watched {
    std::string name;
    torch::Tensor parameter, weight, before;  // weight: the parameter's memory, outside the graph
    bool has_state = false;  // an optimiser keeps nothing of a parameter before its first gradient
    std::int64_t step = 0;
    std::vector<torch::Tensor> state;  // copies of its tensors, in the order of their fields
  };
  std::vector<Watched> watched_;
  torch::optim::Optimizer& optimiser_;
};

}  // namespace carousel
