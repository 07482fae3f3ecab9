// How good a model's answers about a table are. Needs no tensor.
#pragma once

#include <nlohmann/json.hpp>

#include "carousel/data/answers.h"
#include "carousel/data/series_schema.h"

namespace carousel::cli {

/// Of numbers, in the unit of the data:
///   {"scores": [{"target", "count", "mae", "rmse", "bias", "r2", "baseline_mae", "baseline_rmse", "inside"}],
///    "horizons": [{"target", "mae": [of 1, 2, ... rows ahead], "rmse", "baseline_mae", "baseline_rmse"}],   (forecasts)
///    "tracks": [track], "tracks_of": how many there would be}
///   track  {"target", "group", "x": "time" (milliseconds since 1970) | "row" | "sequence", "every": rows,
///           "points": [[x, truth, answer, baseline, low, high]], "ahead": [{"rows": h, "points": [[x, answer]]}]}
/// A track is of one target and group, in the order of its rows; rows that were not answered are null where they leave a gap. Of
/// forecasts its answers are whole ones, one after the other: each begins where the one before ends. `low` and `high` are the
/// outermost quantiles, "inside" the share of truths between them. `ahead`: always so many rows after the last one read.
/// Without a reference of its own the baseline is the training mean. At most 6 tracks, of 4 groups, of the last 20,000 rows.
nlohmann::json number_figures(const Answers& answers, const Table& table, const SeriesSchema& schema);

/// Of classes:
///   {"classes": [name], "confusion": [[truth][answer]], "count", "accuracy", "balanced_accuracy", "macro_f1", "log_loss",
///    "wrong": [{"name": group or row, "truth", "answer", "probability": of the truth, "of_answer": of the answer, "surprise": -ln p}]}
/// "wrong" are the 20 wrong answers of the largest surprise, that first.
nlohmann::json class_figures(const Answers& answers, const Table& table, const SeriesSchema& schema);

/// The groups of a table's rows: "station A, 2013"; one without a name where there are none.
struct GroupsOfRows {
  std::vector<std::string> names = {};
  std::vector<std::int64_t> group = {},
                            place = {};  ///< of each row: which, and the how many-eth of its group
};
GroupsOfRows groups_of_rows(const Table& table, const SeriesSchema& schema);

}  // namespace carousel::cli
