#include <cmath>

#include "carousel/torch.h"

#include "page/points.h"
#include "tables/inputs.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

/// Sums over windows by the number of rows from one to the last row that was read.
struct ByLag {
  torch::Tensor sums, counts;

  explicit ByLag(std::int64_t rows)
      : sums(torch::zeros({rows}, torch::kDouble)), counts(torch::zeros({rows}, torch::kDouble)) {}

  void add(const torch::Tensor& lags, const torch::Tensor& norms) {
    sums.index_add_(0, lags, norms);
    counts.index_add_(0, lags, torch::ones_like(norms));
  }

  json log10_means() const {
    const auto means = (sums / counts).contiguous();
    json list = json::array();
    for (std::int64_t i = 0; i < means.size(0); ++i)
      list.push_back(short_number(std::log10(means.const_data_ptr<double>()[i])));
    return list;
  }
};

/// dL/dx of every window, [T, B, F]: of the sum over the windows of their losses. A loss at every row would mix the answers of all
/// rows: of such only the last row's is let through.
torch::Tensor input_gradient(const TableTask& task, Model& model, const Batch& batch, bool every_row) {
  Batch read = batch;
  read.input = batch.input.detach().clone().requires_grad_(true);
  auto output = model.predict(read, {}, 0).output;
  if (every_row) {
    const auto last = last_step_mask(batch).to(output.device(), torch::kBool).unsqueeze(2);
    output = torch::where(last, output, output.detach());
  }
  const auto means = static_cast<double>(every_row ? batch.items() : batch.sequences());
  const auto gradient = torch::autograd::grad({task.loss(output, read) * means}, {read.input}).front();
  return gradient.to(torch::kCPU, torch::kDouble);
}

/// The smallest number of newest rows that holds a share of the sum of all; null where all is zero or not finite.
json rows_with(double share, const torch::Tensor& sums) {
  const double all = sums.sum().item<double>();
  if (!(all > 0.0) || !std::isfinite(all)) return nullptr;
  double held = 0.0;
  for (std::int64_t i = 0; i < sums.size(0); ++i) {
    held += sums.const_data_ptr<double>()[i];
    if (held >= share * all) return i + 1;
  }
  return sums.size(0);
}

}  // namespace

json reach_figures(const TableTask& task, Model& model, const Part& part,
                   const std::vector<InputColumn>& columns, const SeriesSchema& schema) {
  const bool forecast = schema.predict == PredictKind::forecast;
  const std::int64_t to_come = forecast && schema.has_known_ahead() ? schema.horizon : 0;
  std::int64_t rows = 0;
  for (const Batch& batch : part.batches) rows = std::max(rows, batch.steps() - to_come);
  ByLag all(rows);
  std::vector<ByLag> of_column;
  for (std::size_t c = 0; c < columns.size(); ++c) of_column.emplace_back(rows);
  for (const Batch& batch : part.batches) {
    const auto gradient = input_gradient(task, model, batch, schema.predict == PredictKind::step);
    const auto lengths = batch.lengths.defined()
                             ? batch.lengths
                             : torch::full({batch.sequences()}, batch.steps() - to_come, torch::kLong);
    const auto lags = lengths.unsqueeze(0) - 1 - torch::arange(batch.steps()).unsqueeze(1);  // [T, B]
    const auto read = lags >= 0;
    const auto lag = lags.masked_select(read);
    all.add(lag, gradient.norm(2, {2}).masked_select(read));
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const auto own = gradient.narrow(2, columns[c].first, columns[c].width);
      of_column[c].add(lag, own.norm(2, {2}).masked_select(read));
    }
  }
  json list = json::array();
  for (std::size_t c = 0; c < columns.size(); ++c)
    list.push_back({{"name", columns[c].name}, {"log10_norm", of_column[c].log10_means()}});
  return {{"part", part.text()},
          {"windows", part.windows},
          {"first", forecast ? 1 : 0},
          {"rows", rows},
          {"rows_of_90", rows_with(0.9, all.sums)},
          {"log10_norm", all.log10_means()},
          {"columns", std::move(list)}};
}

}  // namespace carousel::cli
