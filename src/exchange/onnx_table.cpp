#include "carousel/exchange/onnx_table.h"

#include <algorithm>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/tasks/series.h"
#include "carousel/torch.h"

#include "exchange/onnx_classes.h"
#include "exchange/onnx_columns.h"
#include "exchange/onnx_edges.h"
#include "exchange/onnx_forecast.h"

namespace carousel {
namespace {

using Places = std::vector<std::int64_t>;

void check(const TaskFacts& task, const SeriesSchema& schema, const OnnxOptions& options) {
  if (schema.features() != task.input_size) {
    throw Error(fmt::format(
        "the run's schema.json has {} numbers a row, but the model reads {}: restore it or start a new run",
        schema.features(), task.input_size));
  }
  if (schema.predict != PredictKind::forecast || (!options.states && !options.lengths && !options.resets))
    return;
  throw Error(fmt::format(
      "--{} is for sequences that are run in pieces, are of different lengths or begin anew, but a forecast "
      "reads its window of {} rows "
      "anew: leave it out",
      options.states    ? "states"
      : options.lengths ? "lengths"
                        : "resets",
      schema.burn_in + schema.window));
}

class SeriesEdges : public OnnxEdges {
 public:
  SeriesEdges(const TaskFacts& task, const SeriesSchema& schema, const std::vector<double>& quantiles)
      : task_(task), schema_(schema), quantiles_(quantiles), numbers_(schema) {}

  std::string read(OnnxBuilder& graph) override {
    auto features = graph.add("Concat", raw_parts(graph), {{"axis", std::int64_t{2}}});
    if (schema_.predict != PredictKind::forecast) return in_order(graph, features);
    features =
        rows_between(graph, in_order(graph, features), -schema_.burn_in - schema_.window - ahead(), onnx_end);
    if (changes_inputs(schema_.relative)) features = relative_to_window(graph, features, schema_, reference_);
    return ahead() > 0 ? without_the_future(graph, features, schema_) : features;
  }

  void answer(OnnxBuilder& graph, const std::string& output, const OnnxSteps& lengths) override {
    if (schema_.is_classification()) {
      const bool binary = task_.output_size == 1;
      return answer_classes(graph, binary ? both_logits(graph, output) : output,
                            std::ssize(schema_.targets.front().categories), task_.every_step);
    }
    auto values = scaled_answers(graph, output);
    values = in_units(graph, values);
    if (task_.every_step && !lengths.running.empty()) values = zero_beyond(graph, values, lengths);
    write(graph, values);
  }

 private:
  std::int64_t ahead() const { return schema_.has_known_ahead() ? schema_.horizon : 0; }
  std::int64_t targets() const { return std::ssize(schema_.targets); }
  std::int64_t answers() const { return std::max<std::int64_t>(1, std::ssize(quantiles_)); }

  /// What the network reads besides the flag of rows to come, [T, B, .] of float32 each: numbers, where they are missing, one-hot
  /// categories, the calendar. Notes where each begins.
  std::vector<std::string> raw_parts(OnnxBuilder& graph) {
    std::vector<std::string> parts;
    std::int64_t width = 0;
    const auto add = [&](const std::string& part, std::int64_t count) {
      parts.push_back(graph.cast(part, onnx::Type::float32));
      width += count;
      return width - count;
    };
    if (numbers_.size() > 0) {
      const auto raw = graph.input({"numbers", onnx::Type::float64, {"T", "B", numbers_.size()}});
      const auto prepared = prepare_numbers(graph, raw, schema_, numbers_);
      first_number_ = add(prepared.features, numbers_.size());
      if (std::ranges::any_of(schema_.inputs, &SchemaColumn::mask))
        first_mask_ = add(prepared.missing, numbers_.size());
      if (is_relative(schema_)) reference_ = forecast_reference(graph, prepared.levels, schema_, numbers_);
    }
    const Places sizes = category_sizes();
    if (!sizes.empty()) first_category_ = add(one_hot(graph, sizes), sum_of_widths(sizes));
    if (!schema_.calendar.empty()) {
      const auto count = 2 * std::ssize(schema_.calendar);
      first_calendar_ = add(graph.input({"calendar", onnx::Type::float64, {"T", "B", count}}), count);
    }
    return parts;
  }

  /// Texts of each categorical input.
  Places category_sizes() const {
    Places sizes;
    for (const auto& column : schema_.inputs) {
      if (column.kind == ColumnKind::category) sizes.push_back(std::ssize(column.categories));
    }
    return sizes;
  }

  static std::int64_t sum_of_widths(const Places& sizes) {
    std::int64_t sum = 0;
    for (const auto size : sizes) sum += 1 + size;
    return sum;
  }

  /// All categories side by side, [T, B, sum of 1 + sizes] of booleans; place 0 of each is for what is none of its texts.
  static std::string one_hot(OnnxBuilder& graph, const Places& sizes) {
    const auto raw = graph.input({"categories", onnx::Type::int64, {"T", "B", std::ssize(sizes)}});
    const auto known = graph.add("And", {graph.add("GreaterOrEqual", {raw, graph.list({0})}),
                                         graph.add("Less", {raw, graph.list(sizes)})});
    const auto place = graph.add("Where", {known, graph.add("Add", {raw, graph.list({1})}), graph.list({0})});
    Places column, value;
    for (std::size_t c = 0; c < sizes.size(); ++c) {
      for (std::int64_t v = 0; v <= sizes[c]; ++v)
        column.push_back(static_cast<std::int64_t>(c)), value.push_back(v);
    }
    const auto spread = graph.add("Gather", {place, graph.list(column)}, {{"axis", std::int64_t{2}}});
    return graph.add("Equal", {spread, graph.list(value)});
  }

  /// The parts as the schema has them, column by column.
  std::string in_order(OnnxBuilder& graph, const std::string& features) const {
    Places order;
    std::int64_t category = first_category_;
    for (std::size_t i = 0; i < schema_.inputs.size(); ++i) {
      const auto number = numbers_.of_input[i];
      if (number < 0) {
        for (std::int64_t w = 0; w < schema_.inputs[i].width(); ++w) order.push_back(category++);
      } else {
        order.push_back(first_number_ + number);
        if (schema_.inputs[i].mask) order.push_back(first_mask_ + number);
      }
    }
    for (std::int64_t c = 0; c < 2 * std::ssize(schema_.calendar); ++c) order.push_back(first_calendar_ + c);
    if (ahead() > 0) order.push_back(0);  // the flag's place: without_the_future sets it
    return graph.add("Gather", {features, graph.list(order)}, {{"axis", std::int64_t{2}}});
  }

  /// [B, H, K, Q], [T, B, K, Q] or [B, K, Q], in scaled units.
  std::string scaled_answers(OnnxBuilder& graph, const std::string& output) const {
    if (schema_.predict != PredictKind::forecast) {
      const Places kept(task_.every_step ? 2 : 1, 0);
      return reshaped(graph, output, kept, {targets(), answers()});
    }
    auto steps = output;
    if (ahead() > 0) {
      steps = graph.add("Transpose", {rows_between(graph, output, -ahead(), onnx_end)},
                        {{"perm", Places{1, 0, 2}}});
    }
    steps = reshaped(graph, steps, {0}, {schema_.horizon, targets(), answers()});
    if (schema_.difference)
      steps = graph.add("CumSum", {steps, graph.constant(torch::tensor(std::int64_t{1}))});
    return added_to_reference(graph, steps, reference_);
  }

  static std::string reshaped(OnnxBuilder& graph, const std::string& value, Places kept,
                              const Places& sizes) {
    kept.insert(kept.end(), sizes.begin(), sizes.end());
    return graph.add("Reshape", {value, graph.list(kept)});
  }

  std::string in_units(OnnxBuilder& graph, const std::string& values) const {
    std::vector<double> offsets, widths;
    Places logs;
    for (const auto& target : schema_.targets) {
      offsets.push_back(target.scaling.offset());
      widths.push_back(target.scaling.width());
      logs.push_back(target.scaling.log1p() ? 1 : 0);
    }
    const auto column = [&](const std::string& list) {
      return graph.add("Unsqueeze", {list, graph.list({1})});
    };
    auto units = graph.add("Mul", {graph.cast(values, onnx::Type::float64), column(graph.doubles(widths))});
    units = graph.add("Add", {units, column(graph.doubles(offsets))});
    if (std::ranges::count(logs, 1) == 0) return units;
    const auto raised = graph.add("Sub", {graph.add("Exp", {units}), graph.doubles({1.0})});
    const auto logged = graph.cast(column(graph.list(logs)), onnx::Type::boolean);
    return graph.add("Where", {logged, raised, units});
  }

  static std::string zero_beyond(OnnxBuilder& graph, const std::string& values, const OnnxSteps& lengths) {
    const auto running = graph.add("Unsqueeze", {lengths.running, graph.list({3})});
    return graph.add("Where", {running, values, graph.doubles({0.0})});
  }

  void write(OnnxBuilder& graph, const std::string& values) const {
    std::vector<onnx::Dimension> shape{"B", targets()};
    if (schema_.predict == PredictKind::forecast) shape = {"B", schema_.horizon, targets()};
    if (schema_.predict == PredictKind::step) shape = {"T", "B", targets()};
    std::string rising = values;
    if (quantiles_.size() > 1) {
      rising = graph
                   .add_many(2, "TopK", {values, graph.list({answers()})},
                             {{"axis", std::int64_t{-1}}, {"largest", std::int64_t{0}}})
                   .front();
    }
    const auto middle = torch::tensor(static_cast<std::int64_t>(middle_quantile(quantiles_)));
    graph.output(graph.add("Gather", {rising, graph.constant(middle)}, {{"axis", std::int64_t{-1}}}),
                 {"prediction", onnx::Type::float64, shape});
    if (quantiles_.empty()) return;
    shape.push_back(answers());
    graph.output(rising, {"quantiles", onnx::Type::float64, shape});
  }

  const TaskFacts& task_;
  const SeriesSchema& schema_;
  const std::vector<double>& quantiles_;
  OnnxNumbers numbers_;
  OnnxReference reference_;
  std::int64_t first_number_ = 0, first_mask_ = 0, first_category_ = 0, first_calendar_ = 0;
};

}  // namespace

onnx::Graph onnx_series(SequenceModel& model, const TaskFacts& task, const SeriesSchema& schema,
                        const std::vector<double>& quantiles, const OnnxOptions& options) {
  check(task, schema, options);
  SeriesEdges edges(task, schema, quantiles);
  return write_network(model, task, options, edges);
}

nlohmann::json onnx_columns(const SeriesSchema& schema, const std::vector<double>& quantiles) {
  using nlohmann::json;
  json numbers = json::array(), categories = json::array(), targets = json::array();
  for (const auto& column : OnnxNumbers(schema).columns) numbers.push_back(column.name);
  for (const auto& column : schema.inputs) {
    if (column.kind == ColumnKind::category)
      categories.push_back({{"name", column.name}, {"texts", column.categories}});
  }
  for (const auto& column : schema.targets) targets.push_back(column.name);
  const bool forecast = schema.predict == PredictKind::forecast;
  return {{"numbers", numbers},
          {"categories", categories},
          {"calendar", schema.calendar},
          {"rows", forecast ? schema.burn_in + schema.window : 0},
          {"ahead", schema.has_known_ahead() ? schema.horizon : 0},
          {"targets", targets},
          {"classes", schema.is_classification() ? json(schema.targets.front().categories) : json::array()},
          {"quantiles", quantiles},
          {"horizon", schema.horizon}};
}

}  // namespace carousel
