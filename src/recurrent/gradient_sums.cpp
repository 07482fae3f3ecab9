#include "carousel/recurrent/gradient_sums.h"

#include <torch/csrc/autograd/graph_task.h>

#include "carousel/torch.h"

namespace carousel {

using torch::Tensor;

void GradientSums::add(std::size_t state, std::int64_t step, const Tensor& part) {
  const std::lock_guard lock(mutex_);
  const int pass = within_ != none ? within_ : torch::autograd::get_current_graph_task_id();
  if (pass != pass_) sums_.clear();
  pass_ = pass;
  auto& sum = sums_[{state, step}];
  sum = sum.defined() ? sum + part.detach() : part.detach();
  const auto norm = sum.norm(2, at::IntArrayRef{}, false, torch::kDouble);
  observer_->gradient_norm(id_, state, first_step_ + step, norm.item<double>());
}

GradientSums::Within::Within(GradientSums& sums) : sums_(sums) {
  const std::lock_guard lock(sums_.mutex_);
  sums_.within_ = torch::autograd::get_current_graph_task_id();
}

GradientSums::Within::~Within() {
  const std::lock_guard lock(sums_.mutex_);
  sums_.within_ = none;
}

}  // namespace carousel
