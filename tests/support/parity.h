// Comparing one of our recurrent modules with the one of torch: same weights, same input, every output and gradient.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <torch/nn/modules/rnn.h>

#include "carousel/recurrent/recurrent.h"
#include "carousel/torch.h"

namespace carousel::testing {

/// The largest |a - b| / max(1, |b|).
inline double difference(const torch::Tensor& a, const torch::Tensor& b) {
  if (a.sizes() != b.sizes()) return INFINITY;
  if (a.numel() == 0) return 0.0;
  const auto x = a.detach().to(torch::kDouble), y = b.detach().to(torch::kDouble);
  return ((x - y).abs() / y.abs().clamp_min(1.0)).max().item<double>();
}

/// Named tensors, to be compared pairwise.
struct Named {
  std::string name;
  torch::Tensor tensor;
};
using NamedTensors = std::vector<Named>;

inline void expect_equal(const NamedTensors& ours, const NamedTensors& reference, double tolerance) {
  ASSERT_EQ(ours.size(), reference.size());
  for (std::size_t i = 0; i < ours.size(); ++i) {
    EXPECT_EQ(ours[i].name, reference[i].name);
    ASSERT_EQ(ours[i].tensor.defined(), reference[i].tensor.defined()) << ours[i].name;
    if (!ours[i].tensor.defined()) continue;
    EXPECT_LE(difference(ours[i].tensor, reference[i].tensor), tolerance) << ours[i].name;
  }
}

}  // namespace carousel::testing
