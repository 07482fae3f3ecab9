#include "tasks/series_answers.h"

#include <algorithm>
#include <cmath>

#include "carousel/tasks/series.h"
#include "carousel/torch.h"

namespace carousel {
namespace {

void name_all(const SeriesData& data, const SeriesLoss& loss, Answers& answers) {
  const SeriesSchema& schema = data.schema;
  if (!answers.targets.empty()) return;
  for (const auto& target : schema.targets) answers.targets.push_back(target.name);
  if (loss.classes() > 0) answers.classes = schema.targets.front().categories;
  answers.quantiles = loss.quantiles();
  for (const auto& target : schema.targets)
    answers.widths.push_back(target.scaling.log1p() ? missing : target.scaling.width());
  answers.mase_scales = data.mase_scales;
}

/// Row and time of a place; times beyond the table go on by the step.
Answer about(const SeriesData& data, std::int64_t read, std::int64_t horizon) {
  Answer answer{.row = data.order.rows[static_cast<std::size_t>(read)], .horizon = horizon};
  if (data.order.time) {
    answer.from = data.order.time->values[static_cast<std::size_t>(read)];
    answer.time = data.schema.step.after(answer.from, horizon);
  }
  return answer;
}

double truth_at(const SeriesData& data, std::size_t target, std::int64_t place, std::int64_t after) {
  // The next rows are the next in time only within a group and without a gap.
  const auto segment = std::ranges::upper_bound(data.frame.segments, place);
  if (segment == data.frame.segments.end() || place + after >= *segment) return missing;
  return data.frame.truth[target][static_cast<std::size_t>(place + after)];
}

class Adder {
 public:
  Adder(const SeriesData& data, const SeriesLoss& loss, Split split, Answers& answers)
      : data_(data), loss_(loss), windows_(data.of(split)), answers_(answers) {}

  /// [B, H, K, Q] in scaled units, of forecasts; the reference in `target`.
  void forecasts(const torch::Tensor& scaled, const torch::Tensor& target,
                 const std::vector<std::int64_t>& examples) {
    const auto values = scaled.to(torch::kCPU, torch::kDouble).contiguous();
    const auto references = target.select(-1, 1).to(torch::kCPU, torch::kDouble).contiguous();
    const double* value = values.const_data_ptr<double>();
    const double* base = references.const_data_ptr<double>();
    for (const auto example : examples) {
      const SeriesWindow& window = windows_[static_cast<std::size_t>(example)];
      const std::int64_t read = window.first + window.length - 1;
      for (std::int64_t h = 1; h <= data_.schema.horizon; ++h) {
        for (std::size_t k = 0; k < data_.schema.targets.size(); ++k) {
          Answer answer = about(data_, read, h);
          answer.baseline = unscaled(k, *base++);
          number(answer, example, k, value, truth_at(data_, k, read, h));
          value += values.size(-1);
        }
      }
    }
  }

  /// At one row: [K, Q] in scaled units, or [C] probabilities.
  void at_row(const double* value, std::int64_t place, std::int64_t example, std::int64_t quantiles) {
    if (loss_.classes() > 0) {
      Answer answer = about(data_, place, 0);
      answer.example = example;
      answer.truth = data_.frame.truth.front()[static_cast<std::size_t>(place)];
      answer.answer = static_cast<double>(std::max_element(value, value + loss_.classes()) - value);
      answers_.rows.push_back(answer);
      answers_.more.insert(answers_.more.end(), value, value + loss_.classes());
      return;
    }
    for (std::size_t k = 0; k < data_.schema.targets.size(); ++k) {
      number(about(data_, place, 0), example, k, value,
             data_.frame.truth[k][static_cast<std::size_t>(place)]);
      value += quantiles;
    }
  }

 private:
  double unscaled(std::size_t target, double scaled) const {
    return data_.schema.targets[target].scaling.unscale(scaled);
  }

  void number(Answer answer, std::int64_t example, std::size_t target, const double* scaled, double truth) {
    answer.example = example;
    answer.target = static_cast<std::int32_t>(target);
    answer.truth = truth;
    // A network may answer 0.9 below 0.5: what is answered rises with the quantile (Chernozhukov et al. 2010).
    std::vector<double> rising(scaled, scaled + std::max<std::size_t>(1, loss_.quantiles().size()));
    std::ranges::sort(rising);
    answer.answer = unscaled(target, rising[middle_quantile(loss_.quantiles())]);
    answers_.rows.push_back(answer);
    for (std::size_t q = 0; q < loss_.quantiles().size(); ++q)
      answers_.more.push_back(unscaled(target, rising[q]));
  }

  const SeriesData& data_;
  const SeriesLoss& loss_;
  const std::vector<SeriesWindow>& windows_;
  Answers& answers_;
};

}  // namespace

void add_series_answers(const SeriesData& data, const SeriesLoss& loss, const torch::Tensor& output,
                        const Batch& batch, Split split, Answers& answers) {
  name_all(data, loss, answers);
  Adder adder(data, loss, split, answers);
  if (data.schema.predict == PredictKind::forecast)
    return adder.forecasts(loss.scaled_answers(output, batch.target), batch.target, batch.examples);
  const auto shown =
      loss.classes() > 0 ? loss.probabilities(output) : loss.scaled_answers(output, batch.target).flatten(-2);
  const auto values = shown.to(torch::kCPU, torch::kDouble).contiguous();
  const double* value = values.const_data_ptr<double>();
  const auto count = static_cast<std::int64_t>(batch.examples.size()), width = values.size(-1);
  const auto quantiles = std::max<std::int64_t>(1, static_cast<std::int64_t>(loss.quantiles().size()));
  for (std::int64_t b = 0; b < count; ++b) {
    const auto example = batch.examples[static_cast<std::size_t>(b)];
    const SeriesWindow& window = data.of(split)[static_cast<std::size_t>(example)];
    if (data.schema.predict == PredictKind::sequence) {
      adder.at_row(value + b * width, window.first + window.length - 1, example, quantiles);
      continue;
    }
    for (std::int64_t t = window.burn_in; t < window.length; ++t)
      adder.at_row(value + (t * count + b) * width, window.first + t, example, quantiles);
  }
}

}  // namespace carousel
