#include <algorithm>
#include <cmath>

#include "carousel/tasks/batching.h"
#include "carousel/torch.h"

#include "page/points.h"
#include "tables/inputs.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

/// All windows side by side, begun again where they end before the longest: [T, windows, F].
torch::Tensor all_windows(const Part& part) {
  std::int64_t steps = 0;
  for (const Batch& batch : part.batches) steps = std::max(steps, batch.steps());
  std::vector<torch::Tensor> pieces;
  for (const Batch& batch : part.batches) {
    const auto lengths = batch.lengths.defined()
                             ? batch.lengths
                             : torch::full({batch.sequences()}, batch.steps(), torch::kLong);
    const auto places = torch::arange(steps).unsqueeze(1).remainder(lengths.unsqueeze(0));
    const auto index = places.to(batch.input.device()).unsqueeze(2).expand({-1, -1, batch.input.size(2)});
    pieces.push_back(batch.input.gather(0, index));
  }
  return torch::cat(pieces, 1);
}

/// The mean loss where the features of `column` (none: nullptr) come from the windows of `order`.
double loss_of(const TableTask& task, Model& model, const Part& part, const InputColumn* column,
               const torch::Tensor& windows, const torch::Tensor& order) {
  Score score;
  std::int64_t first = 0;
  for (const Batch& batch : part.batches) {
    Batch shown = batch;
    if (column != nullptr) {
      const auto from = order.narrow(0, first, batch.sequences());
      shown.input = batch.input.clone();
      shown.input.narrow(2, column->first, column->width)
          .copy_(windows.narrow(0, 0, batch.steps())
                     .narrow(2, column->first, column->width)
                     .index_select(1, from));
    }
    first += batch.sequences();
    score += task.score(model.predict(shown, {}, 0).output, shown);
  }
  return score.loss();
}

}  // namespace

json importance_figures(const TableTask& task, Model& model, const Part& part,
                        const std::vector<InputColumn>& columns, std::uint64_t seed, int shuffles) {
  const torch::NoGradGuard no_grad;
  const auto windows = all_windows(part);
  const double loss = loss_of(task, model, part, nullptr, {}, {});
  std::vector<std::vector<double>> rises(columns.size());
  for (int s = 0; s < shuffles; ++s) {
    const auto order =
        copy_of(shuffled(part.windows, {seed, part_of(part.split), static_cast<std::uint64_t>(s)}),
                {part.windows})
            .to(windows.device());
    for (std::size_t c = 0; c < columns.size(); ++c)
      rises[c].push_back(loss_of(task, model, part, &columns[c], windows, order) - loss);
  }
  std::vector<std::pair<double, json>> sorted;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    double mean = 0.0, squares = 0.0;
    for (const double rise : rises[c]) mean += rise / shuffles;
    for (const double rise : rises[c]) squares += (rise - mean) * (rise - mean) / shuffles;
    sorted.push_back({mean,
                      {{"name", columns[c].name},
                       {"rise", short_number(mean)},
                       {"deviation", short_number(std::sqrt(squares))}}});
  }
  std::ranges::stable_sort(sorted, std::greater<>(), [](const auto& entry) { return entry.first; });
  json list = json::array();
  for (auto& entry : sorted) list.push_back(std::move(entry.second));
  return {{"part", part.text()},
          {"windows", part.windows},
          {"shuffles", shuffles},
          {"loss", short_number(loss)},
          {"columns", std::move(list)}};
}

}  // namespace carousel::cli
