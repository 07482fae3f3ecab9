#include "predict/scores.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "carousel/data/forecast_scores.h"
#include "carousel/text.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

json finite(double value) {
  return std::isfinite(value) ? json(value) : json(nullptr);
}

/// Pairs of one target.
struct Pairs {
  std::vector<double> truth = {}, answer = {}, baseline = {};

  void add(const Answer& row) {
    truth.push_back(row.truth);
    answer.push_back(row.answer);
    baseline.push_back(row.baseline);
  }
};

/// Of a target: all in the first place, then those of each horizon; and what each quantile answered.
struct TargetPairs {
  std::vector<Pairs> by_horizon;
  std::vector<std::vector<double>> quantiles;

  TargetPairs(const Answers& answers, std::size_t target, std::int64_t horizon)
      : by_horizon(static_cast<std::size_t>(horizon) + 1), quantiles(answers.quantiles.size()) {
    for (std::size_t i = 0; i < answers.rows.size(); ++i) {
      const Answer& row = answers.rows[i];
      if (static_cast<std::size_t>(row.target) != target) continue;
      by_horizon.front().add(row);
      if (row.horizon > 0) by_horizon.at(static_cast<std::size_t>(row.horizon)).add(row);
      for (std::size_t q = 0; q < quantiles.size(); ++q)
        quantiles[q].push_back(answers.more[i * answers.width() + q]);
    }
  }
};

json errors_json(const NumberScores& scores) {
  return {{"mae", finite(scores.mae)}, {"rmse", finite(scores.rmse)}};
}

json target_json(const Answers& answers, std::size_t target, std::int64_t horizon) {
  const TargetPairs of_target(answers, target, horizon);
  const Pairs& pairs = of_target.by_horizon.front();
  const NumberScores scores = number_scores(pairs.truth, pairs.answer);
  const double width = answers.widths.at(target);
  json result{{"target", answers.targets[target]}, {"count", scores.count},
              {"mae", finite(scores.mae)},         {"mse", finite(scores.mse)},
              {"rmse", finite(scores.rmse)},       {"smape", finite(scores.smape)},
              {"bias", finite(scores.bias)},       {"r2", finite(scores.r2)}};
  result["scaled_mse"] = finite(scores.mse / (width * width));
  result["scaled_mae"] = finite(scores.mae / width);
  if (target < answers.mase_scales.size()) result["mase"] = finite(scores.mae / answers.mase_scales[target]);
  for (std::size_t q = 0; q < answers.quantiles.size(); ++q) {
    result["pinball"][fmt::format("{}", answers.quantiles[q])] =
        finite(pinball(pairs.truth, of_target.quantiles[q], answers.quantiles[q]));
    result["coverage"][fmt::format("{}", answers.quantiles[q])] =
        finite(coverage(pairs.truth, of_target.quantiles[q]));
  }
  if (horizon == 0) return result;
  result["reference"] = errors_json(number_scores(pairs.truth, pairs.baseline));
  result["by_horizon"] = json::array();
  for (std::int64_t h = 1; h <= horizon; ++h) {
    const Pairs& at = of_target.by_horizon[static_cast<std::size_t>(h)];
    json entry = errors_json(number_scores(at.truth, at.answer));
    entry["horizon"] = h;
    entry["reference"] = errors_json(number_scores(at.truth, at.baseline));
    result["by_horizon"].push_back(std::move(entry));
  }
  return result;
}

json class_json(const Answers& answers) {
  std::vector<std::int64_t> truth, answer;
  std::vector<double> probabilities;
  const std::size_t width = answers.width();
  for (std::size_t i = 0; i < answers.rows.size(); ++i) {
    if (std::isnan(answers.rows[i].truth)) continue;
    truth.push_back(static_cast<std::int64_t>(answers.rows[i].truth));
    answer.push_back(static_cast<std::int64_t>(answers.rows[i].answer));
    for (std::size_t m = 0; m < width; ++m) probabilities.push_back(answers.more[i * width + m]);
  }
  if (truth.empty()) return nullptr;
  const auto classes = static_cast<std::int64_t>(width);
  const ClassScores scores = class_scores(truth, answer, classes);
  return {{"count", scores.count},
          {"accuracy", scores.accuracy},
          {"balanced_accuracy", scores.balanced_accuracy},
          {"macro_f1", scores.macro_f1},
          {"log_loss", finite(log_loss(truth, probabilities, classes))},
          {"classes", answers.classes},
          {"confusion", scores.confusion}};
}

std::string figure(const json& value) {
  return value.is_number() ? fmt::format("{:.5g}", value.get<double>()) : std::string("-");
}

std::string number_text(const json& target) {
  std::string text = fmt::format("{:<9} MAE {}, RMSE {}, sMAPE {} %, bias {}",
                                 target["target"].get<std::string>(), figure(target["mae"]),
                                 figure(target["rmse"]), figure(target["smape"]), figure(target["bias"]));
  if (target.contains("mase")) text += fmt::format(", MASE {}", figure(target["mase"]));
  if (target.contains("reference"))
    text += fmt::format("; what it is added to: MAE {}, RMSE {}", figure(target["reference"]["mae"]),
                        figure(target["reference"]["rmse"]));
  text += '\n';
  if (target.contains("pinball")) {
    std::vector<std::string> parts;
    for (const auto& [q, loss] : target["pinball"].items())
      parts.push_back(
          fmt::format("q{} {} ({} of the truth below it)", q, figure(loss), figure(target["coverage"][q])));
    text += fmt::format("pinball   {}\n", join(parts));
  }
  if (!target.contains("by_horizon") || target["by_horizon"].size() < 2) return text;
  const json& all = target["by_horizon"];
  std::vector<std::string> parts;
  for (const std::size_t at : {std::size_t{0}, all.size() / 2, all.size() - 1})
    parts.push_back(fmt::format("{} after {} rows", figure(all[at]["rmse"]), all[at]["horizon"].get<int>()));
  return text + fmt::format("          RMSE {}\n", join(parts));
}

}  // namespace

json scores_json(const Answers& answers) {
  const bool known =
      std::ranges::any_of(answers.rows, [](const Answer& row) { return !std::isnan(row.truth); });
  if (!known) return nullptr;
  if (!answers.classes.empty()) return class_json(answers);
  std::int64_t horizon = 0;
  for (const Answer& row : answers.rows) horizon = std::max(horizon, row.horizon);
  json result{{"targets", json::array()}};
  double squares = 0.0, absolute = 0.0, count = 0.0;
  for (std::size_t k = 0; k < answers.targets.size(); ++k) {
    json target = target_json(answers, k, horizon);
    const double n = target["count"].get<double>();
    if (target["scaled_mse"].is_number()) {
      squares += n * target["scaled_mse"].get<double>();
      absolute += n * target["scaled_mae"].get<double>();
      count += n;
    }
    result["targets"].push_back(std::move(target));
  }
  result["scaled_mse"] = finite(squares / count);
  result["scaled_mae"] = finite(absolute / count);
  return result;
}

std::string scores_text(const json& scores) {
  if (scores.is_null()) return "";
  if (scores.contains("accuracy")) {
    return fmt::format("accuracy  {}, balanced {}, macro F1 {}, log loss {}\n", figure(scores["accuracy"]),
                       figure(scores["balanced_accuracy"]), figure(scores["macro_f1"]),
                       figure(scores["log_loss"]));
  }
  std::string text;
  for (const json& target : scores["targets"]) text += number_text(target);
  return text + fmt::format("scaled    MSE {}, MAE {}\n", figure(scores["scaled_mse"]),
                            figure(scores["scaled_mae"]));
}

}  // namespace carousel::cli
