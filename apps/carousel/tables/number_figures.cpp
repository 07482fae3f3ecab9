#include <algorithm>
#include <cmath>

#include "carousel/data/forecast_scores.h"

#include "page/points.h"
#include "tables/answer_figures.h"
#include "tables/tracks.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

/// Pairs of truth and answer, and what the baseline would have answered.
struct Pairs {
  std::vector<double> truth = {}, answer = {}, baseline = {}, low = {}, high = {};

  void add(const SeriesAnswers& answers, std::size_t i) {
    truth.push_back(answers.of.rows[i].truth);
    answer.push_back(answers.of.rows[i].answer);
    baseline.push_back(answers.baseline(i));
    if (answers.has_band()) {
      low.push_back(answers.low(i));
      high.push_back(answers.high(i));
    }
  }

  /// The share of truths within the band, NaN without one.
  double inside() const {
    double within = 0.0, known = 0.0;
    for (std::size_t i = 0; i < low.size(); ++i) {
      if (std::isnan(truth[i])) continue;
      ++known;
      if (low[i] <= truth[i] && truth[i] <= high[i]) ++within;
    }
    return within / known;
  }
};

json scores_json(const std::string& target, const Pairs& pairs) {
  const NumberScores own = number_scores(pairs.truth, pairs.answer);
  const NumberScores simple = number_scores(pairs.truth, pairs.baseline);
  return {{"target", target},
          {"count", own.count},
          {"mae", short_number(own.mae)},
          {"rmse", short_number(own.rmse)},
          {"bias", short_number(own.bias)},
          {"r2", short_number(own.r2)},
          {"baseline_mae", short_number(simple.mae)},
          {"baseline_rmse", short_number(simple.rmse)},
          {"inside", short_number(pairs.inside())}};
}

json horizon_json(const std::string& target, const std::vector<Pairs>& by_horizon) {
  json curves{{"target", target}};
  for (const Pairs& pairs : by_horizon) {
    const json scores = scores_json(target, pairs);
    for (const char* name : {"mae", "rmse", "baseline_mae", "baseline_rmse"})
      curves[name].push_back(scores[name]);
  }
  return curves;
}

}  // namespace

SeriesAnswers::SeriesAnswers(const Answers& answers, const SeriesSchema& schema) : of(answers) {
  if (answers.quantiles.size() > 1) {
    const auto [least, most] = std::ranges::minmax_element(answers.quantiles);
    low_ = least - answers.quantiles.begin();
    high_ = most - answers.quantiles.begin();
  }
  for (const auto& target : schema.targets) means_.push_back(target.mean);
}

double SeriesAnswers::baseline(std::size_t i) const {
  const Answer& answer = of.rows[i];
  return std::isnan(answer.baseline) && answer.horizon == 0 ? means_[static_cast<std::size_t>(answer.target)]
                                                            : answer.baseline;
}

json number_figures(const Answers& answers, const Table& table, const SeriesSchema& schema) {
  const SeriesAnswers rows(answers, schema);
  const std::size_t targets = answers.targets.size();
  std::vector<Pairs> all(targets);
  std::vector<std::vector<Pairs>> ahead(targets,
                                        std::vector<Pairs>(static_cast<std::size_t>(schema.horizon)));
  for (std::size_t i = 0; i < answers.rows.size(); ++i) {
    const auto k = static_cast<std::size_t>(answers.rows[i].target);
    all[k].add(rows, i);
    if (answers.rows[i].horizon > 0)
      ahead[k].at(static_cast<std::size_t>(answers.rows[i].horizon - 1)).add(rows, i);
  }
  json figures{{"scores", json::array()}, {"horizons", json::array()}};
  for (std::size_t k = 0; k < targets; ++k) {
    figures["scores"].push_back(scores_json(answers.targets[k], all[k]));
    if (schema.predict == PredictKind::forecast && schema.horizon > 1)
      figures["horizons"].push_back(horizon_json(answers.targets[k], ahead[k]));
  }
  add_tracks(rows, table, schema, figures);
  return figures;
}

}  // namespace carousel::cli
