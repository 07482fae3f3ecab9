#include "tables/part.h"

#include <algorithm>

#include <fmt/format.h>

#include "carousel/torch.h"
#include "carousel/train/evaluate.h"

#include "page/points.h"

namespace carousel::cli {
namespace {

constexpr double most_numbers = 2e7;  // of inputs in memory

double parameters_of(const torch::nn::Module& model) {
  double count = 0.0;
  for (const auto& parameter : model.parameters()) count += static_cast<double>(parameter.numel());
  return count;
}

}  // namespace

std::string Part::text() const {
  const auto taken = static_cast<std::int64_t>(batches.size());
  return fmt::format("{} part, {} windows{}", name_of(split), windows,
                     taken == of ? "" : fmt::format(" ({} of {} batches)", taken, of));
}

std::int64_t affordable_batches(const Task& task, Model& model, Split split, double passes,
                                double operations) {
  const std::int64_t all = task.batches(split);
  if (all == 0) return 0;
  const Batch first = task.batch(split, 0);
  const auto steps = static_cast<double>(first.steps() * first.sequences());
  const double most = std::min(operations / (2.0 * parameters_of(model) * steps * passes),
                               most_numbers / static_cast<double>(first.input.numel()));
  return std::clamp(static_cast<std::int64_t>(std::min(most, 1e9)), std::int64_t{1}, all);
}

Part measured_part(const Task& task, Model& model, double passes, double operations) {
  Part part{.split = task.batches(Split::valid) > 0 ? Split::valid : Split::test};
  part.of = task.batches(part.split);
  const auto most = affordable_batches(task, model, part.split, passes, operations);
  for (const std::size_t i : evenly(static_cast<std::size_t>(part.of), static_cast<std::size_t>(most))) {
    part.batches.push_back(
        task.batch(part.split, static_cast<std::int64_t>(i)).to(device_of(model), dtype_of(model)));
    part.windows += part.batches.back().sequences();
  }
  return part;
}

std::vector<InputColumn> input_columns(const SeriesSchema& schema) {
  std::vector<InputColumn> columns;
  for (std::size_t i = 0; i < schema.inputs.size(); ++i) {
    const SchemaColumn& column = schema.inputs[i];
    columns.push_back({column.name, schema.first_feature(i), column.width() + (column.mask ? 1 : 0)});
  }
  for (std::size_t i = 0; i < schema.calendar.size(); ++i) {
    columns.push_back({schema.calendar[i] + " of the calendar",
                       schema.first_calendar() + 2 * static_cast<std::int64_t>(i), 2});
  }
  return columns;
}

}  // namespace carousel::cli
