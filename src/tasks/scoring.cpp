#include "carousel/tasks/scoring.h"

#include "carousel/torch.h"
#include "carousel/train/batch.h"

namespace carousel {
namespace {

torch::Tensor within_data(const torch::Tensor& values, const Batch& batch) {
  return batch.lengths.defined() ? values * step_mask(batch).to(values) : values;
}

double sum_of(const torch::Tensor& values) {
  return values.sum(torch::kDouble).item<double>();
}

}  // namespace

torch::Tensor cross_entropies(const torch::Tensor& logits, const torch::Tensor& classes) {
  return torch::cross_entropy_loss(logits.flatten(0, -2), classes.flatten(), {}, at::Reduction::None)
      .view_as(classes);
}

torch::Tensor mean_over_steps(const torch::Tensor& values, const Batch& batch) {
  return within_data(values, batch).sum() / static_cast<double>(batch.items());
}

Score score_over_steps(const torch::Tensor& values, const Batch& batch) {
  const double sum = sum_of(within_data(values, batch)), count = static_cast<double>(batch.items());
  return {.loss_sum = sum, .loss_count = count, .metric_sum = sum, .metric_count = count};
}

Score score_of_classes(const torch::Tensor& logits, const Batch& batch) {
  const auto count = static_cast<double>(batch.sequences());
  return {.loss_sum = sum_of(cross_entropies(logits, batch.target)),
          .loss_count = count,
          .metric_sum = sum_of(logits.argmax(-1) == batch.target),
          .metric_count = count};
}

Score score_of_classes_at(const torch::Tensor& logits, const Batch& batch, const torch::Tensor& asked) {
  auto score = score_over_steps(cross_entropies(logits, batch.target), batch);
  const auto counted = (asked != 0).to(batch.target.device());
  score.metric_sum = sum_of((logits.argmax(-1) == batch.target).logical_and(counted));
  score.metric_count = sum_of(counted);
  return score;
}

double entropy_of_shares(const torch::Tensor& tokens) {
  const auto shares = tokens.flatten().bincount().to(torch::kDouble) / static_cast<double>(tokens.numel());
  return 0.0 - torch::xlogy(shares, shares).sum().item<double>();  // no -0 where one symbol is all there is
}

double largest_share(const torch::Tensor& classes) {
  return static_cast<double>(classes.bincount().max().item<std::int64_t>()) /
         static_cast<double>(classes.numel());
}

}  // namespace carousel
