// Losses of series, and what is reported of them.
#pragma once

#include <string>
#include <vector>

#include "carousel/tasks/settings.h"
#include "carousel/torch_forward.h"
#include "carousel/train/batch.h"

#include "tasks/series_baselines.h"
#include "tasks/series_data.h"

namespace carousel {

class SeriesLoss {
 public:
  /// Throws Error for a loss that does not fit the target.
  SeriesLoss(const Settings& settings, const SeriesData& data);

  std::int64_t classes() const { return classes_; }  ///< 0 for numbers
  const std::vector<double>& quantiles() const { return quantiles_; }
  std::int64_t outputs() const;  ///< of one step
  bool is_binary() const { return kind_ == Kind::binary; }

  /// Over all that is known.
  torch::Tensor mean(const torch::Tensor& output, const Batch& batch) const;
  double count(const Batch& batch) const;
  Score score(const torch::Tensor& output, const Batch& batch) const;

  /// Of numbers: the model's output as answers in scaled units, [..., K, Q]; Q is 1 without quantiles.
  torch::Tensor scaled_answers(const torch::Tensor& output, const torch::Tensor& target) const;
  /// Of classes: their probabilities, [..., C].
  torch::Tensor probabilities(const torch::Tensor& output) const;

  /// As Task::loss_form has it.
  std::string form() const;

  std::string metric_name() const;
  double metric_of(const SimpleAnswer& answer) const;

 private:
  enum class Kind { mse, mae, huber, quantile, cross_entropy, binary };
  static Kind kind_of(const Settings& settings, const SeriesSchema& schema);
  torch::Tensor losses(const torch::Tensor& output, const Batch& batch, torch::Tensor& weights) const;
  torch::Tensor in_units(const torch::Tensor& scaled) const;

  const SeriesData& data_;
  Kind kind_;
  std::int64_t classes_ = 0;
  std::vector<double> quantiles_;
  torch::Tensor class_weights_;  // [C] or undefined
};

}  // namespace carousel
