#include "exchange/onnx_forecast.h"

#include "carousel/torch.h"

namespace carousel {
namespace {

using Places = std::vector<std::int64_t>;

constexpr std::int64_t over_time = 0, over_horizon = 1;

std::string unsqueezed(OnnxBuilder& graph, const std::string& value, std::int64_t axis) {
  return graph.add("Unsqueeze", {value, graph.list({axis})});
}

/// Mean and deviation (at least 1e-3) of each target over the window, [B, K], taken in double.
void add_moments(OnnxBuilder& graph, const std::string& history, OnnxReference& reference) {
  const std::map<std::string, onnx::Attribute> over{{"axes", Places{over_time}},
                                                    {"keepdims", std::int64_t{0}}};
  const auto values = graph.cast(history, onnx::Type::float64);
  const auto mean = graph.add("ReduceMean", {values}, over);
  const auto off = graph.add("Sub", {values, mean});
  const auto deviation = graph.add("Sqrt", {graph.add("ReduceMean", {graph.add("Mul", {off, off})}, over)});
  reference.means = graph.cast(mean, onnx::Type::float32);
  reference.deviations =
      graph.cast(graph.add("Max", {deviation, graph.doubles({1e-3})}), onnx::Type::float32);
}

/// The mean over the last `seasons` seasons of the rows at these places of the last one, [places, B, K].
std::string mean_of_seasons(OnnxBuilder& graph, const std::string& history, const Places& places,
                            std::int64_t season, std::int64_t seasons) {
  std::string sum;
  for (std::int64_t s = 0; s < seasons; ++s) {
    Places before = places;
    for (auto& place : before) place -= s * season;
    const auto rows = graph.add("Gather", {history, graph.list(before)}, {{"axis", over_time}});
    sum = sum.empty() ? rows : graph.add("Add", {sum, rows});
  }
  return seasons == 1 ? sum : graph.add("Mul", {sum, graph.number(1.0 / static_cast<double>(seasons))});
}

/// What the seasons say of each row to come, [B, H, K].
std::string seasons_before(OnnxBuilder& graph, const std::string& history, const SeriesSchema& schema,
                           std::int64_t seasons) {
  Places places;
  for (std::int64_t h = 1; h <= schema.horizon; ++h) places.push_back(schema.season_place(h));
  const auto rows = mean_of_seasons(graph, history, places, schema.season, seasons);
  return graph.add("Transpose", {rows}, {{"perm", Places{1, 0, 2}}});
}

/// The mean of the seasons at the place of every row that is read, [T, B, K].
std::string seasons_of_rows(OnnxBuilder& graph, const std::string& history, const SeriesSchema& schema,
                            std::int64_t seasons, std::int64_t to_come) {
  Places places;
  for (std::int64_t after = 1 - schema.burn_in - schema.window; after <= to_come; ++after)
    places.push_back(after > 0 ? -1 : -1 - (-after) % schema.season);  // of rows to come nothing is read
  return mean_of_seasons(graph, history, places, schema.season, seasons);
}

/// Numbers [..., K] spread over the features that are targets, [..., F]; the others have `other`.
std::string of_features(OnnxBuilder& graph, const std::string& values, const SeriesSchema& schema,
                        float other) {
  const auto count = static_cast<std::int64_t>(schema.targets.size());
  Places place(static_cast<std::size_t>(schema.features()), count);
  for (std::int64_t k = 0; k < count; ++k) {
    const auto input = schema.input_of_target(static_cast<std::size_t>(k));
    if (input >= 0)
      place[static_cast<std::size_t>(schema.first_feature(static_cast<std::size_t>(input)))] = k;
  }
  const auto first = graph.add("Slice", {values, graph.list({0}), graph.list({1}), graph.list({-1})});
  const auto zeros = graph.add("Sub", {first, first});
  const auto more = graph.add("Concat", {values, graph.add("Add", {zeros, graph.number(other)})},
                              {{"axis", std::int64_t{-1}}});
  return graph.add("Gather", {more, graph.list(place)}, {{"axis", std::int64_t{-1}}});
}

}  // namespace

OnnxReference forecast_reference(OnnxBuilder& graph, const std::string& levels, const SeriesSchema& schema,
                                 const OnnxNumbers& numbers) {
  const std::int64_t to_come = schema.has_known_ahead() ? schema.horizon : 0;
  const auto targets =
      graph.add("Gather", {levels, graph.list(numbers.of_target)}, {{"axis", std::int64_t{2}}});
  const auto history =
      rows_between(graph, graph.cast(targets, onnx::Type::float32), -schema.burn_in - schema.window - to_come,
                   to_come > 0 ? -to_come : onnx_end);
  OnnxReference reference;
  if (schema.relative == Relative::window) {
    add_moments(graph, history, reference);
    reference.added = unsqueezed(graph, reference.means, over_horizon);
    reference.width = unsqueezed(graph, reference.deviations, over_horizon);
    return reference;
  }
  const auto last = unsqueezed(
      graph,
      graph.add("Gather", {history, graph.constant(torch::tensor(std::int64_t{-1}))}, {{"axis", over_time}}),
      over_horizon);
  reference.added = last;
  if (schema.relative == Relative::last) return reference;
  const std::int64_t seasons =
      schema.relative == Relative::seasons ? (schema.burn_in + schema.window) / schema.season : 1;
  reference.added = seasons_before(graph, history, schema, seasons);
  if (schema.relative == Relative::seasons)
    reference.seasons = seasons_of_rows(graph, history, schema, seasons, to_come);
  if (schema.relative == Relative::both)
    reference.added = graph.add("Mul", {graph.add("Add", {last, reference.added}), graph.number(0.5)});
  return reference;
}

std::string added_to_reference(OnnxBuilder& graph, const std::string& answers,
                               const OnnxReference& reference) {
  auto sum = answers;
  constexpr std::int64_t over_quantiles = 3;
  if (!reference.width.empty())
    sum = graph.add("Mul", {sum, unsqueezed(graph, reference.width, over_quantiles)});
  if (!reference.added.empty())
    sum = graph.add("Add", {sum, unsqueezed(graph, reference.added, over_quantiles)});
  return sum;
}

std::string relative_to_window(OnnxBuilder& graph, const std::string& features, const SeriesSchema& schema,
                               const OnnxReference& reference) {
  if (!reference.seasons.empty())
    return graph.add("Sub", {features, of_features(graph, reference.seasons, schema, 0.0F)});
  const auto centred = graph.add("Sub", {features, of_features(graph, reference.means, schema, 0.0F)});
  return graph.add("Div", {centred, of_features(graph, reference.deviations, schema, 1.0F)});
}

std::string without_the_future(OnnxBuilder& graph, const std::string& features, const SeriesSchema& schema) {
  const auto count = static_cast<std::size_t>(schema.features());
  Places hidden(count, 0), flag(count, 0);
  for (std::size_t i = 0; i < schema.inputs.size(); ++i) {
    const auto& column = schema.inputs[i];
    const auto first = schema.first_feature(i), end = first + column.width() + (column.mask ? 1 : 0);
    for (auto f = first; f < end; ++f) hidden[static_cast<std::size_t>(f)] = column.known_ahead ? 0 : 1;
  }
  flag.back() = 1;
  const std::int64_t past = schema.burn_in + schema.window;
  std::vector<std::int64_t> future(static_cast<std::size_t>(past), 0);
  future.resize(static_cast<std::size_t>(past + schema.horizon), 1);
  const auto to_come = graph.constant(torch::tensor(at::IntArrayRef(future), torch::kLong).view({-1, 1, 1}));
  const auto mask = graph.add(
      "And", {graph.cast(to_come, onnx::Type::boolean), graph.cast(graph.list(hidden), onnx::Type::boolean)});
  const auto known = graph.add("Where", {mask, graph.number(0.0), features});
  return where_flagged(graph, flag, graph.cast(to_come, onnx::Type::float32), known);
}

}  // namespace carousel
