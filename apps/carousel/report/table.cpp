// Sections of the report on a model of a table, and that on numbers that it answers (tables/answer_figures.h).
#include "report/table.h"

#include <algorithm>
#include <map>

#include "report/sections.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

constexpr std::size_t most_horizon_charts = 4;

/// One of the columns of a list of points, over the first.
ChartPoints column_of(const json& points, std::size_t column) {
  ChartPoints line;
  for (const json& point : points)
    line.push_back({point.at(0).get<double>(), number_of_figure(point.at(column))});
  return line;
}

std::string baseline_of_figures(const json& figures) {
  static const std::map<std::string, std::string> texts{
      {"last", "the last value read"},
      {"season", "the value one season before"},
      {"both", "the mean of the last value read and the value one season before"},
      {"window", "the mean of the rows read"},
      {"none", "the mean of the training part"}};
  const bool forecast = figures.at("predict") == "forecast";
  return texts.at(forecast ? figures.at("relative").get<std::string>() : "none");
}

std::string title_of_track(const json& track, const std::string& what) {
  const auto group = track.at("group").get<std::string>();
  return fmt::format("{}: {}{}", what, track.at("target").get<std::string>(),
                     group.empty() ? "" : ", " + group);
}

json axis_of_track(const json& track) {
  const auto x = track.at("x").get<std::string>();
  return x == "time" ? time_axis() : axis(x);
}

std::string name_of_band(const json& figures) {
  const auto quantiles = numbers_of(figures.at("quantiles"));
  const auto [low, high] = std::ranges::minmax(quantiles);
  return fmt::format("quantiles {:g} to {:g}", low, high);
}

std::string how_of_track(const json& track) {
  const auto every = track.at("every").get<std::int64_t>();
  const std::string zoom = " The bar below changes what is seen.";
  if (track.at("x") == "sequence") return "A dot a sequence: the nearer the two, the better.";
  if (every == 1) return "What was answered beside what was true." + zoom;
  return fmt::format(
      "Whole forecasts of {} rows, one after the other; names in the legend also show those that are "
      "always as many rows ahead.{}",
      every, zoom);
}

/// All at once would be a blur: the last ten forecasts, and no fewer than 200 rows.
double begin_of_last_forecasts(const json& track) {
  const json& points = track.at("points");
  const auto seen = std::max<std::size_t>(200, 10 * track.at("every").get<std::size_t>());
  return points.at(points.size() - std::min(points.size(), seen)).at(0).get<double>();
}

void add_track(const json& figures, const json& track, json& charts) {
  const bool dots = track.at("x") == "sequence";
  const json& points = track.at("points");
  LinesChart chart(title_of_track(track, dots ? "Truth and answer" : "Truth and forecast"),
                   how_of_track(track), axis_of_track(track), axis(track.at("target")));
  chart.set_zoom(begin_of_last_forecasts(track));
  chart.set_wide();
  const std::string role = dots ? "points" : "";
  chart.add("truth", column_of(points, 1), {7, 0}, role);
  chart.add("answer", column_of(points, 2), {0, 0}, role);
  chart.add("baseline", column_of(points, 3), {1, 2}, role);
  const ChartPoints low = column_of(points, 4), high = column_of(points, 5);
  if (std::ranges::any_of(low, [](const ChartPoint& p) { return std::isfinite(p.y); }))
    chart.add_band(name_of_band(figures), low, high, {0, 0});
  std::size_t colour = 2;
  for (const json& line : track.at("ahead")) {
    const auto rows = line.at("rows").get<std::int64_t>();
    chart.add_hidden(fmt::format("{} row{} ahead", rows, rows == 1 ? "" : "s"),
                     column_of(line.at("points"), 1), {colour++, 0});
  }
  chart.put_into(charts);
}

void add_residuals(const json& track, json& charts) {
  ChartPoints residuals;
  for (const json& point : track.at("points"))
    residuals.push_back(
        {point.at(0).get<double>(), number_of_figure(point.at(2)) - number_of_figure(point.at(1))});
  LinesChart chart(title_of_track(track, "Residuals"),
                   "Answer less truth, of the answers above; a strong line off zero is a bias that lasts.",
                   axis_of_track(track), axis("answer less truth"));
  chart.set_zoom(track.at("points").front().at(0).get<double>());
  chart.add_noisy("residual", residuals, {0, 0});
  if (!chart.empty()) chart.add_limit(0.0, "no error");
  chart.put_into(charts);
}

void add_horizon_errors(const json& horizons, json& charts) {
  std::size_t made = 0;
  for (const json& curves : horizons) {
    if (made++ == most_horizon_charts) return;
    const auto target = curves.at("target").get<std::string>();
    LinesChart chart(
        "Error by horizon: " + target,
        "How fast forecasts grow worse with the rows they look ahead; where the lines meet, the model adds "
        "nothing to the baseline.",
        axis("rows ahead"), axis("error of " + target));
    const auto add = [&](const char* name, const char* key, Look look) {
      chart.add(name, over_steps(numbers_of(curves.at(key))), look);
    };
    add("RMSE", "rmse", {0, 0});
    add("RMSE, baseline", "baseline_rmse", {1, 0});
    add("MAE", "mae", {0, 1});
    add("MAE, baseline", "baseline_mae", {1, 1});
    chart.put_into(charts);
  }
}

json scores_table(const json& scores) {
  const std::vector<std::pair<const char*, const char*>> shown{{"target", "target"},
                                                               {"count", "answers"},
                                                               {"mae", "MAE"},
                                                               {"baseline_mae", "baseline"},
                                                               {"rmse", "RMSE"},
                                                               {"baseline_rmse", "baseline"},
                                                               {"bias", "bias"},
                                                               {"r2", "R\u00b2"},
                                                               {"inside", "share in the band"}};
  json columns = json::array(), rows = json::array();
  for (std::size_t i = 0; i < scores.size(); ++i) rows.push_back(json::array());
  for (const auto& [key, name] : shown) {
    if (std::ranges::all_of(scores, [&, k = key](const json& entry) { return entry.at(k).is_null(); }))
      continue;
    columns.push_back(name);
    for (std::size_t i = 0; i < scores.size(); ++i) rows[i].push_back(scores[i][key]);
  }
  return {{"columns", std::move(columns)}, {"rows", std::move(rows)}};
}

}  // namespace

double number_of_figure(const json& value) {
  return value.is_null() ? std::nan("") : value.get<double>();
}

std::string part_of_figures(const json& figures) {
  const auto part = figures.at("part").get<std::string>() + " part";
  return figures.at("batches") == figures.at("batches_of")
             ? part
             : fmt::format("first {} of the {} batches of the {}", figures["batches"].get<std::int64_t>(),
                           figures["batches_of"].get<std::int64_t>(), part);
}

json numbers_section(const json& figures) {
  if (!figures.contains("numbers")) return nullptr;
  const json& numbers = figures["numbers"];
  json charts = json::array(), notes = json::array();
  for (const json& track : numbers.at("tracks")) add_track(figures, track, charts);
  for (const json& track : numbers.at("tracks")) add_residuals(track, charts);
  add_horizon_errors(numbers.at("horizons"), charts);
  const std::size_t shown = numbers["tracks"].size(), all = numbers.at("tracks_of");
  if (shown < all)
    notes.push_back(fmt::format(
        "Of {} lines, a target and group each, the first {} are drawn; the table counts all.", all, shown));
  json made =
      section(figures.at("predict") == "forecast" ? "Forecasts" : "Answers",
              fmt::format("What the model answers on the {}, in the unit of the data. The baseline is {}.",
                          part_of_figures(figures), baseline_of_figures(figures)),
              std::move(charts), std::move(notes));
  if (made.is_object()) made["facts"] = scores_table(numbers.at("scores"));
  return made;
}

json table_sections(const Runs& runs) {
  json sections = json::array();
  if (runs.size() > 1) {
    if (std::ranges::any_of(runs, &RunRecords::of_table))
      sections.push_back(section(
          "Table", "", json::array(),
          json::array({"What a model does on its table is shown in the report of one run alone: carousel "
                       "report RUN."})));
    return sections;
  }
  const RunRecords& run = runs.front();
  if (!run.table_note.empty())
    sections.push_back(section("Table", "", json::array(), json::array({run.table_note})));
  if (run.table.is_null()) return sections;
  reading(run.table_path(), [&] {
    for (const auto& of : {numbers_section, classes_section, wrong_section, inputs_section})
      sections.push_back(of(run.table));
    return 0;
  });
  return sections;
}

}  // namespace carousel::cli
