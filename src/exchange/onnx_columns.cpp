#include "exchange/onnx_columns.h"

#include <algorithm>

#include "carousel/torch.h"

namespace carousel {
namespace {

bool is_target(const SeriesSchema& schema, const std::string& name) {
  return std::ranges::find(schema.targets, name, &SchemaColumn::name) != schema.targets.end();
}

/// What stands for a missing number before anything was seen.
std::vector<double> stand_ins(const SeriesSchema& schema, const OnnxNumbers& numbers) {
  std::vector<double> values;
  for (const auto& column : numbers.columns)
    values.push_back(schema.missing == MissingRule::zero ? 0.0 : column.mean);
  return values;
}

/// The last value that was there goes on: a scan over the rows.
std::string fill_forward(OnnxBuilder& graph, const std::string& raw, const std::string& stand_in,
                         std::int64_t count) {
  OnnxBuilder body("fill", "fill_");
  const auto last = body.input({"fill_last", onnx::Type::float64, {"B", count}});
  const auto row = body.input({"fill_row", onnx::Type::float64, {"B", count}});
  const auto filled = body.add("Where", {body.add("Equal", {row, row}), row, last});
  body.output(filled, {"fill_next", onnx::Type::float64, {"B", count}});
  body.output(filled, {"fill_out", onnx::Type::float64, {"B", count}});
  const auto shape = graph.add("Shape", {raw}, {{"start", std::int64_t{1}}});
  const auto start = graph.add("Expand", {stand_in, shape});
  return graph
      .add_many(
          2, "Scan", {start, raw},
          {{"body", std::make_shared<const onnx::Graph>(body.take())}, {"num_scan_inputs", std::int64_t{1}}})
      .back();
}

std::string scaled(OnnxBuilder& graph, const std::string& filled, const OnnxNumbers& numbers) {
  std::vector<double> offsets, widths;
  std::vector<std::int64_t> logs;
  for (const auto& column : numbers.columns) {
    offsets.push_back(column.scaling.offset());
    widths.push_back(column.scaling.width());
    logs.push_back(column.scaling.log1p() ? 1 : 0);
  }
  auto values = filled;
  if (std::ranges::count(logs, 1) > 0) {
    const auto log = graph.add("Log", {graph.add("Add", {filled, graph.doubles({1.0})})});
    values = where_flagged(graph, logs, log, filled);
  }
  return graph.add("Div", {graph.add("Sub", {values, graph.doubles(offsets)}), graph.doubles(widths)});
}

/// Each row less the one before; the first is 0.
std::string differences(OnnxBuilder& graph, const std::string& levels) {
  const auto before =
      graph.add("Concat", {rows_between(graph, levels, 0, 1), rows_between(graph, levels, 0, -1)},
                {{"axis", std::int64_t{0}}});
  return graph.add("Sub", {levels, before});
}

}  // namespace

OnnxNumbers::OnnxNumbers(const SeriesSchema& schema) {
  for (const auto& column : schema.inputs) {
    of_input.push_back(column.kind == ColumnKind::category ? -1 : size());
    if (column.kind != ColumnKind::category) columns.push_back(column);
  }
  if (!is_relative(schema)) return;
  for (std::size_t k = 0; k < schema.targets.size(); ++k) {
    const auto input = schema.input_of_target(k);
    of_target.push_back(input >= 0 ? of_input[static_cast<std::size_t>(input)] : size());
    if (input < 0) columns.push_back(schema.targets[k]);
  }
}

bool is_relative(const SeriesSchema& schema) {
  return schema.predict == PredictKind::forecast && schema.relative != Relative::none;
}

OnnxPrepared prepare_numbers(OnnxBuilder& graph, const std::string& raw, const SeriesSchema& schema,
                             const OnnxNumbers& numbers) {
  const auto stand_in = graph.doubles(stand_ins(schema, numbers));
  OnnxPrepared prepared{
      .missing = graph.add("Not", {graph.add("Equal", {raw, raw})}), .levels = {}, .features = {}};
  const auto filled = schema.missing == MissingRule::forward
                          ? fill_forward(graph, raw, stand_in, numbers.size())
                          : graph.add("Where", {prepared.missing, stand_in, raw});
  prepared.levels = prepared.features = scaled(graph, filled, numbers);
  if (!schema.difference) return prepared;
  std::vector<std::int64_t> of_targets;
  for (const auto& column : numbers.columns) of_targets.push_back(is_target(schema, column.name) ? 1 : 0);
  prepared.features = where_flagged(graph, of_targets, differences(graph, prepared.levels), prepared.levels);
  return prepared;
}

std::string where_flagged(OnnxBuilder& graph, const std::vector<std::int64_t>& flags,
                          const std::string& value, const std::string& other) {
  if (std::ranges::count(flags, 0) == std::ssize(flags)) return other;
  return graph.add("Where", {graph.cast(graph.list(flags), onnx::Type::boolean), value, other});
}

std::string rows_between(OnnxBuilder& graph, const std::string& value, std::int64_t first, std::int64_t end) {
  return graph.add("Slice", {value, graph.list({first}), graph.list({end}), graph.list({0})});
}

}  // namespace carousel
