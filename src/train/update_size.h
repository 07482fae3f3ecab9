// How large an optimiser's step was, against the weights it changed.
#pragma once

#include <vector>

#include <torch/nn/module.h>

#include "carousel/flow/record.h"

namespace carousel {

/// Remembers the weights before an update and compares afterwards. The memory is reused from update to update.
class UpdateSize {
 public:
  void before(torch::nn::Module& module);

  /// Fills update_norm and weight_norm of the parameters that are listed by name. They are sums of floats in
  /// blocks: good to about 6 digits.
  void after(std::vector<ParameterFlow>& parameters) const;

 private:
  struct Watched {
    std::string name;
    torch::Tensor weight, before;
  };
  std::vector<Watched> watched_;
};

}  // namespace carousel
