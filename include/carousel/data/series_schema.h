// What a run over a table keeps of it, so that another table is read in the same way: columns and their kinds, categories,
// scalings and what was decided. Fitted on the training rows alone.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "carousel/data/series_request.h"
#include "carousel/data/table.h"
#include "carousel/data/time_axis.h"

namespace carousel {

/// An input or target column.
struct SchemaColumn {
  std::string name;
  ColumnKind kind = ColumnKind::number;
  Scaling scaling = {};  ///< of numbers
  double mean = 0.0;     ///< of the training rows, for what is missing; in the unit of the data
  std::vector<std::string> categories = {};  ///< of the training rows; of a target, its classes
  bool known_ahead = false;
  bool mask = false;  ///< whether one input more says where it is missing

  /// Numbers a row it becomes: 1, or for a category one for what was not seen in training and one for each category.
  std::int64_t width() const;
};

struct SeriesSchema {
  PredictKind predict = PredictKind::forecast;
  std::int64_t horizon = 0, window = 0, burn_in = 0, season = 0;
  Relative relative = Relative::none;
  bool difference = false;
  MissingRule missing = MissingRule::forward;
  std::vector<std::string> time = {}, group = {}, calendar = {};
  TimeStep step = {};
  TimeUnit unit = TimeUnit::second;  ///< in which times are written
  std::vector<SchemaColumn> inputs = {}, targets = {};

  bool is_classification() const { return targets.front().kind != ColumnKind::number; }
  bool has_known_ahead() const;
  /// Whether a target is among the inputs, and which: -1 where it is not.
  std::int64_t input_of_target(std::size_t target) const;
  /// Inputs of a step: all widths, masks, calendar, and with inputs known ahead one that is 1 for rows still to come.
  std::int64_t features() const;
  /// Where the numbers of input column i begin.
  std::int64_t first_feature(std::size_t input) const;
  std::int64_t first_calendar() const;
  /// Where the value one season before the h-th row to come (from 1) stands, from the window's end: below 0.
  std::int64_t season_place(std::int64_t h) const { return h - 1 - season * ((h + season - 1) / season); }

  /// Kinds of all columns that a table must have, to read another; targets only where they are read.
  std::map<std::string, ColumnKind> kinds(bool with_targets) const;

  nlohmann::json to_json() const;
  /// Throws Error ("the run's schema.json is damaged ...") for what to_json() does not write.
  static SeriesSchema from_json(const nlohmann::json& json);
};

}  // namespace carousel
