// What of a table's part a figure is measured on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "carousel/data/series_schema.h"
#include "carousel/train/batch.h"
#include "carousel/train/model.h"

namespace carousel::cli {

/// Batches of a part, on the model's device and in its type.
struct Part {
  std::vector<Batch> batches = {};
  std::int64_t of = 0;  ///< how many batches the part has
  std::int64_t windows = 0;
  Split split = Split::valid;

  /// "validation part, 320 windows, 5 of 98 batches", for who reads the figure.
  std::string text() const;
};

/// The validation part, or the test part where there is none: batches evenly spread over it, as many as are run `passes` times
/// in about `operations` multiplications and additions (at least one), which depends on sizes alone and not on the machine.
Part measured_part(const Task& task, Model& model, double passes, double operations);

/// How many batches of a split may be run under the same rule.
std::int64_t affordable_batches(const Task& task, Model& model, Split split, double passes,
                                double operations);

/// A column of the table as the model reads it: features first ... first + width - 1 of every step.
struct InputColumn {
  std::string name;
  std::int64_t first = 0, width = 1;
};

/// The input columns, each with its mask, and what of the calendar is read ("hour of the calendar").
std::vector<InputColumn> input_columns(const SeriesSchema& schema);

}  // namespace carousel::cli
