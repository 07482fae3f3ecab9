// What a deep copy of a module needs besides a second module of the same build.
#pragma once

#include <optional>

#include <torch/nn/module.h>
#include <torch/types.h>

namespace carousel {

/// Gives `copy`, which is built as `source` is, copies of its parameters and buffers (on `device` where one is
/// given), and its modes: which parameters have a gradient, which modules are training. No gradients are copied.
void copy_contents(const torch::nn::Module& source, torch::nn::Module& copy,
                   const std::optional<torch::Device>& device);

/// Draws of torch's CPU random numbers while it lives leave no trace: a copy whose constructor draws weights,
/// only to have them overwritten, changes no number that is drawn later.
class UntouchedGenerator {
 public:
  UntouchedGenerator();
  ~UntouchedGenerator();
  UntouchedGenerator(const UntouchedGenerator&) = delete;
  UntouchedGenerator& operator=(const UntouchedGenerator&) = delete;

 private:
  torch::Tensor state_;
};

}  // namespace carousel
