// The gradients of a layer's states where they arrive in several parts.
//
// On the fused engine a gradient that is itself differentiated (create_graph) is computed by running the layer
// again on the loop engine. A state then exists more than once: in the fused node, and in every such run. What a
// later backward pass sends to each of them adds up to the gradient of the one state that they stand for.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include <torch/types.h>

#include "carousel/recurrent/observer.h"

namespace carousel {

/// Adds up the parts of one backward pass, and reports the norm of the sum with every part: the last report is
/// that of the whole. Parts of another pass start anew.
class GradientSums {
 public:
  GradientSums(std::shared_ptr<FlowObserver> observer, LayerId id, std::int64_t first_step)
      : observer_(std::move(observer)), id_(id), first_step_(first_step) {}

  /// A part of the gradient of a state at a step, counted from 0.
  void add(std::size_t state, std::int64_t step, const torch::Tensor& part);

  /// While it lives, what arrives belongs to the backward pass in which it was made, although another runs within.
  class Within {
   public:
    explicit Within(GradientSums& sums);
    ~Within();
    Within(const Within&) = delete;
    Within& operator=(const Within&) = delete;

   private:
    GradientSums& sums_;
  };

 private:
  static constexpr int none = -1;

  std::shared_ptr<FlowObserver> observer_;
  LayerId id_;
  std::int64_t first_step_;
  std::mutex mutex_;
  int pass_ = none, within_ = none;  // numbers that autograd gives its passes
  std::map<std::pair<std::size_t, std::int64_t>, torch::Tensor> sums_;  // of each state and step
};

}  // namespace carousel
