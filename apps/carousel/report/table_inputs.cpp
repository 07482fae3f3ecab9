// The section of the report on what a model of a table looks at, from table.json (tables/inputs.h).
#include <algorithm>

#include "report/table.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

constexpr std::size_t most_bars = 16, most_lag_lines = 8;

json importance_chart(const json& importance) {
  json names = json::array(), values = json::array();
  for (const json& column : importance.at("columns")) {
    if (names.size() == most_bars) break;
    names.push_back(column.at("name"));
    values.push_back(column.at("rise"));
  }
  return {
      {"kind", "bars"},
      {"title", "Which inputs matter"},
      {"how",
       fmt::format("How much the loss rises when a column's numbers come from other windows, the mean of {} "
                   "shuffles; near zero it is not used, or others say the same.",
                   importance.at("shuffles").get<int>())},
      {"x", axis("input")},
      {"y", axis("rise of the loss")},
      {"categories", std::move(names)},
      {"series", {{{"name", "rise of the loss"}, {"colour", 0}, {"values", std::move(values)}}}}};
}

json importance_table(const json& importance) {
  json rows = json::array();
  for (const json& column : importance.at("columns"))
    rows.push_back({column.at("name"), column.at("rise"), column.at("deviation")});
  return {{"columns", {"input", "rise of the loss when it is shuffled", "deviation over the shuffles"}},
          {"rows", std::move(rows)}};
}

/// The sum of a curve of logarithms, to put the larger first.
double sum_of_powers(const json& log10_norms) {
  double sum = 0.0;
  for (const double value : numbers_of(log10_norms))
    sum += std::isfinite(value) ? std::pow(10.0, value) : 0.0;
  return sum;
}

json lag_chart(const json& reach) {
  LinesChart chart(
      "From how far back",
      "Norm of the loss's gradient at each row's inputs, the mean over the windows: a steep fall is a model "
      "that looks at the near past only.",
      axis("rows before the answer"), power_axis("|dL/dx|"));
  const auto first = reach.at("first").get<double>();
  chart.add("all inputs", over_steps(numbers_of(reach.at("log10_norm")), first), {0, 0});
  std::vector<std::pair<double, const json*>> columns;
  for (const json& column : reach.at("columns"))
    columns.push_back({sum_of_powers(column.at("log10_norm")), &column});
  std::ranges::stable_sort(columns, std::greater<>(), [](const auto& column) { return column.first; });
  if (columns.size() == 1) columns.clear();
  if (columns.size() >= most_lag_lines) columns.resize(most_lag_lines - 1);
  std::size_t colour = 1;
  for (const auto& [sum, column] : columns)
    chart.add(column->at("name"), over_steps(numbers_of(column->at("log10_norm")), first), {colour++, 0});
  json charts = json::array();
  chart.put_into(charts);
  return charts;
}

std::string sentence_on_reach(const json& reach) {
  if (reach.at("rows_of_90").is_null()) return "No gradient reaches the inputs.";
  const auto rows = reach["rows_of_90"].get<std::int64_t>(), all = reach.at("rows").get<std::int64_t>();
  return fmt::format("90 % of the gradient comes from the last {}, where up to {} are read.",
                     rows == 1 ? "row" : fmt::format("{} rows", rows), all);
}

}  // namespace

json inputs_section(const json& figures) {
  if (!figures.contains("importance")) return nullptr;
  const json &importance = figures["importance"], &reach = figures.at("reach");
  json charts = json::array({importance_chart(importance)});
  for (json& chart : lag_chart(reach)) charts.push_back(std::move(chart));
  json made = section(
      "Inputs",
      fmt::format("What the model looks at. {} Shuffled: {}, whose loss is {:.4g} as they are. Gradient: {}.",
                  sentence_on_reach(reach), importance.at("part").get<std::string>(),
                  number_of_figure(importance.at("loss")), reach.at("part").get<std::string>()),
      std::move(charts));
  made["facts"] = importance_table(importance);
  return made;
}

}  // namespace carousel::cli
