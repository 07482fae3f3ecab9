// The settings of series, and what they ask for.
#include "tasks/series_settings.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "carousel/data/text.h"
#include "carousel/data/time_axis.h"
#include "carousel/error.h"
#include "carousel/tasks/common_settings.h"
#include "carousel/tasks/series.h"
#include "carousel/text.h"

#include "tasks/table_settings.h"

namespace carousel {
namespace {

std::vector<std::string> with_auto(std::vector<std::string> names) {
  names.insert(names.begin(), "auto");
  return names;
}

}  // namespace

const std::vector<std::string>& loss_names() {
  static const std::vector<std::string> names{"mse", "mae", "huber", "quantile", "cross-entropy", "binary"};
  return names;
}

std::vector<Setting> series_settings() {
  auto settings = table_settings();
  const std::vector<Setting> own{
      text_setting("target", "", "the column that is predicted; several numbers at once by commas"),
      text_setting("time", "", "the column of the time, or those of its parts: year,month,day,hour"),
      text_setting("group", "", "the column that says which sequence a row belongs to"),
      text_setting("inputs", "",
                   "columns that the network sees, by commas; all but time and group unless given"),
      text_setting("known-ahead", "", "inputs whose future is known: a forecast reads them over its horizon"),
      text_setting("calendar", "", "inputs made of the time, by commas: " + join(calendar_names())),
      choice_setting("predict", "auto",
                     "forecast: the rows to come; step: the target of each row; sequence: one target a "
                     "sequence; auto: by target and grouping",
                     with_auto(predict_names())),
      count_setting("horizon", 0, "rows that a forecast looks ahead; 0: 1 where something is forecast", 0,
                    100'000),
      count_setting("window", 0,
                    "rows that are read before a forecast (0: twice the horizon, at least 24), or run at a "
                    "time of long sequences (0: all)",
                    0, 10'000'000),
      count_setting("stride", 1, "rows from one training window to the next", 1, 1'000'000),
      choice_setting(
          "at-gaps", "end",
          "of --predict step: windows end at a gap in time (end), or go on behind it from the start "
          "state (restart)",
          {"end", "restart"}),
      count_setting("burn-in", 0, "rows before each window that are run without loss", 0, 1'000'000),
      text_setting("split", "0.7,0.15,0.15",
                   "train, valid and test: shares, numbers of rows, the times at which valid and test begin, "
                   "fold:1/5, every:10 (sequences validate) or column:NAME"),
      choice_setting("scaling", "standard", "how numbers are scaled, fitted on the training part",
                     scaling_names()),
      count_setting("embed", 0,
                    "numbers of the learned vector that each category is read as, one for what training did "
                    "not see or what is missing; 0: one-hot",
                    0, 65'536),
      flag_setting("log1p", "scale ln(1 + target) instead of the target"),
      flag_setting("difference", "learn what is added to the target from row to row"),
      choice_setting("missing", "forward",
                     "what stands for a missing number that is read; drop leaves its row out",
                     missing_names()),
      flag_setting("missing-mask", "one input more for each column with missing values, which says where"),
      choice_setting(
          "relative", "auto",
          "what a forecast is added to: the last value, that of one season before, the mean of both, the "
          "mean of the window's seasons, or the window's mean (scaled by its deviation); auto: the best of "
          "them on the validation part",
          with_auto(relative_names())),
      count_setting(
          "season", 0,
          "rows of one season, for baselines and --relative; 0: a day, week or year of the time step", 0,
          1'000'000),
      choice_setting("loss", "auto",
                     "auto: mse for numbers, cross-entropy for classes; binary: one output for two classes",
                     with_auto(loss_names())),
      text_setting("quantiles", "0.1,0.5,0.9", "of --loss quantile, by commas"),
      class_weights_setting(),
      batch_setting(64)};
  settings.insert(settings.end(), own.begin(), own.end());
  return settings;
}

std::vector<double> series_quantiles(const Settings& settings) {
  if (settings.text("loss") != "quantile") return {};
  std::vector<double> quantiles;
  for (const auto& word : listed(settings.text("quantiles"))) {
    const auto quantile = parse_number<double>(word);
    if (!quantile || !(*quantile > 0.0 && *quantile < 1.0) ||
        (!quantiles.empty() && *quantile <= quantiles.back())) {
      throw Error(
          fmt::format("--quantiles is {}: it must be rising numbers above 0 and below 1, such as 0.1,0.5,0.9",
                      shown(settings.text("quantiles"))));
    }
    quantiles.push_back(*quantile);
  }
  if (quantiles.empty()) throw Error("--quantiles is empty: give rising numbers such as 0.1,0.5,0.9");
  return quantiles;
}

std::size_t middle_quantile(const std::vector<double>& quantiles) {
  if (quantiles.empty()) return 0;
  return static_cast<std::size_t>(
      std::ranges::min_element(quantiles, {}, [](double q) { return std::abs(q - 0.5); }) -
      quantiles.begin());
}

SeriesRequest series_request(const Settings& settings) {
  const auto names = [&](const char* setting) { return listed(settings.text(setting)); };
  SeriesRequest request{.targets = names("target"),
                        .time = names("time"),
                        .group = names("group"),
                        .inputs = names("inputs"),
                        .known_ahead = names("known-ahead"),
                        .calendar = names("calendar"),
                        .predict = settings.text("predict"),
                        .horizon = settings.integer("horizon"),
                        .window = settings.integer("window"),
                        .stride = settings.integer("stride"),
                        .restart_at_gaps = settings.text("at-gaps") == "restart",
                        .burn_in = settings.integer("burn-in"),
                        .season = settings.integer("season"),
                        .split = settings.text("split"),
                        .scaling = parse_scaling(settings.text("scaling")),
                        .log1p = settings.flag("log1p"),
                        .difference = settings.flag("difference"),
                        .missing = chosen<MissingRule>(missing_names(), settings.text("missing")),
                        .missing_mask = settings.flag("missing-mask"),
                        .relative = settings.text("relative")};
  if (request.targets.empty()) throw Error("series needs the column that it predicts: give --target NAME");
  for (const auto& name : request.calendar) {
    const auto& known = calendar_names();
    if (std::ranges::find(known, name) == known.end())
      throw Error(did_you_mean("part of the --calendar", name, known));
  }
  if (request.difference && request.relative != "auto" && request.relative != "last")
    throw Error(
        fmt::format("--difference adds up from the last value, but --relative is {}: leave one of them out",
                    request.relative));
  return request;
}

}  // namespace carousel
