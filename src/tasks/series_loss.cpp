#include "tasks/series_loss.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/tasks/series.h"
#include "carousel/text.h"
#include "carousel/torch.h"

#include "tasks/class_weights.h"
#include "tasks/series_settings.h"

namespace carousel {
namespace {

/// What is not known counts not: its loss is 0, and no NaN reaches the gradient.
torch::Tensor known(const torch::Tensor& truth) {
  return truth.isnan().logical_not();
}

double sum_in_double(const torch::Tensor& values) {
  return values.sum(torch::kDouble).item<double>();
}

torch::Tensor truth_of(const Batch& batch) {
  return batch.target.select(-1, 0).unsqueeze(-1);  // [..., K, 1]
}

}  // namespace

SeriesLoss::Kind SeriesLoss::kind_of(const Settings& settings, const SeriesSchema& schema) {
  const std::string& name = settings.text("loss");
  const bool classes = schema.is_classification();
  if (name == "auto") return classes ? Kind::cross_entropy : Kind::mse;
  const auto kind = chosen<Kind>(loss_names(), name);
  const bool of_classes = kind == Kind::cross_entropy || kind == Kind::binary;
  if (of_classes != classes) {
    throw Error(fmt::format(
        "--loss {} is of {}, but the target '{}' is a {}: {}", name, of_classes ? "classes" : "numbers",
        schema.targets.front().name, carousel::name_of(schema.targets.front().kind),
        classes ? "give cross-entropy" : "give mse, mae, huber or quantile, or name it by --categorical"));
  }
  if (kind == Kind::binary && schema.targets.front().categories.size() != 2) {
    throw Error(fmt::format("--loss binary is of two classes, but the target '{}' has {}: give cross-entropy",
                            schema.targets.front().name, schema.targets.front().categories.size()));
  }
  return kind;
}

SeriesLoss::SeriesLoss(const Settings& settings, const SeriesData& data)
    : data_(data), kind_(kind_of(settings, data.schema)), quantiles_(series_quantiles(settings)) {
  if (!data.schema.is_classification()) return;
  classes_ = static_cast<std::int64_t>(data.schema.targets.front().categories.size());
  if (settings.text("class-weights") != "balanced" || data.class_counts.empty()) return;
  class_weights_ = balanced_weights(data.class_counts);
}

std::int64_t SeriesLoss::outputs() const {
  if (kind_ == Kind::binary) return 1;
  if (classes_ > 0) return classes_;
  return static_cast<std::int64_t>(data_.schema.targets.size() * std::max<std::size_t>(1, quantiles_.size()));
}

torch::Tensor SeriesLoss::scaled_answers(const torch::Tensor& output, const torch::Tensor& target) const {
  const SeriesSchema& schema = data_.schema;
  const auto count = static_cast<std::int64_t>(schema.targets.size());
  torch::Tensor steps = output;
  if (schema.has_known_ahead()) {  // [W + H, B, K Q] -> [B, H, K Q]
    steps = output.narrow(0, output.size(0) - schema.horizon, schema.horizon).transpose(0, 1);
  }
  auto sizes = target.sizes().vec();
  sizes.back() = std::max<std::int64_t>(1, static_cast<std::int64_t>(quantiles_.size()));
  auto answers = steps.reshape(sizes);
  TORCH_INTERNAL_ASSERT(answers.size(-2) == count);
  if (schema.difference) answers = answers.cumsum(1);
  return target.select(-1, 1).unsqueeze(-1) + target.select(-1, 2).unsqueeze(-1) * answers;
}

torch::Tensor SeriesLoss::probabilities(const torch::Tensor& output) const {
  if (kind_ != Kind::binary) return output.softmax(-1);
  const auto yes = output.sigmoid();
  return torch::cat({1 - yes, yes}, -1);
}

torch::Tensor SeriesLoss::losses(const torch::Tensor& output, const Batch& batch,
                                 torch::Tensor& weights) const {
  if (classes_ > 0) {
    const auto& target = batch.target;
    const auto there = target >= 0;
    const auto safe = target.clamp_min(0);
    const auto values =
        kind_ == Kind::binary
            ? torch::binary_cross_entropy_with_logits(output.squeeze(-1), safe.to(output), {}, {},
                                                      at::Reduction::None)
            : torch::cross_entropy_loss(output.flatten(0, -2), safe.flatten(), {}, at::Reduction::None)
                  .view_as(target);
    weights = there.to(values);
    if (class_weights_.defined())
      weights = weights * class_weights_.to(values).index_select(0, safe.flatten()).view_as(target);
    return values * weights;
  }
  const auto truth = truth_of(batch);
  weights = known(truth).to(output.scalar_type());
  const auto answers = scaled_answers(output, batch.target);
  // Nothing of what is not known reaches the gradient, also where a loss has a slope at 0.
  const auto off = torch::where(known(truth), truth - answers, torch::zeros_like(answers));
  switch (kind_) {
    case Kind::mae:
      return off.abs();
    case Kind::huber:
      return torch::where(off.abs() < 1.0, 0.5 * off.square(), off.abs() - 0.5);
    case Kind::quantile: {
      const auto q = torch::tensor(quantiles_, torch::kDouble).to(off);
      weights = weights.expand_as(off);
      return torch::maximum(q * off, (q - 1) * off);
    }
    default:
      return off.square();
  }
}

torch::Tensor SeriesLoss::mean(const torch::Tensor& output, const Batch& batch) const {
  torch::Tensor weights;
  const auto values = losses(output, batch, weights);
  return values.sum() / weights.sum();
}

double SeriesLoss::count(const Batch& batch) const {
  if (classes_ == 0)
    return sum_in_double(known(truth_of(batch))) *
           static_cast<double>(std::max<std::size_t>(1, quantiles_.size()));
  const auto there = batch.target >= 0;
  if (!class_weights_.defined()) return sum_in_double(there);
  return sum_in_double(there * class_weights_.to(batch.target.device())
                                   .index_select(0, batch.target.clamp_min(0).flatten())
                                   .view_as(batch.target));
}

torch::Tensor SeriesLoss::in_units(const torch::Tensor& scaled) const {
  const Scaling& scaling = data_.schema.targets.front().scaling;
  const auto values = scaled.to(torch::kDouble) * scaling.width() + scaling.offset();
  return scaling.log1p() ? values.expm1() : values;
}

Score SeriesLoss::score(const torch::Tensor& output, const Batch& batch) const {
  torch::Tensor weights;
  const auto values = losses(output, batch, weights);
  Score score{.loss_sum = sum_in_double(values), .loss_count = sum_in_double(weights)};
  if (classes_ > 0) {
    const auto there = batch.target >= 0;
    score.metric_sum = sum_in_double(probabilities(output).argmax(-1).eq(batch.target).logical_and(there));
    score.metric_count = sum_in_double(there);
    return score;
  }
  const auto truth = truth_of(batch);
  const auto there = known(truth);
  auto answer = scaled_answers(output, batch.target);
  const bool one = data_.schema.targets.size() == 1;
  const auto off = one ? in_units(truth) - in_units(answer) : (truth - answer).to(torch::kDouble);
  torch::Tensor errors;
  if (kind_ == Kind::quantile) {
    const auto q = torch::tensor(quantiles_, torch::kDouble);
    errors = torch::maximum(q * off, (q - 1) * off).mean(-1, true);
  } else {
    errors = kind_ == Kind::mse ? off.square() : off.abs();
  }
  score.metric_sum = sum_in_double(torch::where(there, errors, torch::zeros_like(errors)));
  score.metric_count = sum_in_double(there);
  score.root = kind_ == Kind::mse;
  return score;
}

std::string SeriesLoss::form() const {
  return loss_form_text({.kind = loss_names().at(static_cast<std::size_t>(kind_)),
                         .quantiles = quantiles_,
                         .difference = data_.schema.difference,
                         .ahead = data_.schema.has_known_ahead() ? data_.schema.horizon : 0},
                        class_weights_);
}

std::string SeriesLoss::metric_name() const {
  if (classes_ > 0) return "accuracy";
  const auto& targets = data_.schema.targets;
  const std::string unit =
      targets.size() == 1 ? fmt::format(" of {}", targets.front().name) : std::string(", scaled");
  return (kind_ == Kind::mse ? "RMSE" : kind_ == Kind::quantile ? "pinball loss" : "MAE") + unit;
}

double SeriesLoss::metric_of(const SimpleAnswer& answer) const {
  if (kind_ == Kind::mse) return answer.rmse;
  // A single answer for all quantiles: over quantiles that lie evenly about the median, half of its absolute error.
  return kind_ == Kind::quantile ? 0.5 * answer.mae : answer.mae;
}

}  // namespace carousel
