// Losses and metrics that tasks share. Sums are taken in double, so that the scores of batches add up.
#pragma once

#include <torch/types.h>

#include "carousel/train/batch.h"
#include "carousel/train/task.h"

namespace carousel {

/// -ln softmax(logits)[class] at every place, in nats: logits [..., K] and classes [...] int64 -> [...].
torch::Tensor cross_entropies(const torch::Tensor& logits, const torch::Tensor& classes);

/// The mean of values [T, B] over the time steps of data; what stands beyond a sequence's end does not count.
torch::Tensor mean_over_steps(const torch::Tensor& values, const Batch& batch);

/// The same as sums over the time steps of data, of a task whose metric is its loss.
Score score_over_steps(const torch::Tensor& values, const Batch& batch);

/// Cross entropy and accuracy over sequences: logits [B, K], the batch's target [B] int64.
Score score_of_classes(const torch::Tensor& logits, const Batch& batch);

/// Cross entropy over the steps of data, and the share of right classes where `asked` [T, B] is not 0: logits [T, B, K],
/// the batch's target [T, B] int64.
Score score_of_classes_at(const torch::Tensor& logits, const Batch& batch, const torch::Tensor& asked);

/// Entropy in nats of the shares of tokens 0 ... K - 1 in a tensor of them: the cross entropy of the best
/// answer that knows nothing else.
double entropy_of_shares(const torch::Tensor& tokens);

/// The share of the commonest class: the accuracy of always naming it.
double largest_share(const torch::Tensor& classes);

}  // namespace carousel
