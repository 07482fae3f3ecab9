// Running a model over a split without learning.
#pragma once

#include <functional>

#include "carousel/train/model.h"
#include "carousel/train/task.h"

namespace carousel {

class ProcessGroup;

/// The score over the batches of a split (over the first `at_most` when above 0), in evaluation mode and
/// without gradients; state is carried where a batch continues the one before. The model's mode is restored.
/// The score is finite: throws NonFiniteError that names the first batch whose loss or metric is not, and
/// Error when the split has no batches.
/// `each` is shown every output and its batch. With a group each process measures its sequences, and all get the score of all.
Score evaluate(const Task& task, Model& model, Split split, std::int64_t at_most = 0,
               const std::function<void(const torch::Tensor& output, const Batch&)>& each = {},
               ProcessGroup* group = nullptr);

/// Where a module's parameters are, and their type.
torch::Device device_of(const torch::nn::Module& module);
torch::Dtype dtype_of(const torch::nn::Module& module);

}  // namespace carousel
