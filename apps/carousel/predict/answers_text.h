// Answers as lines of CSV, in the unit of the data.
#pragma once

#include <string>
#include <vector>

#include "carousel/data/answers.h"
#include "carousel/data/time_axis.h"

namespace carousel::cli {

/// How answers are written.
struct AnswerColumns {
  std::string time = {};  ///< header of the time, "" where there is none
  TimeUnit unit = TimeUnit::second;
  std::vector<std::string> group = {};  ///< columns of the table
  bool truth = false;                   ///< whether it is known somewhere
};

/// A line for each row and horizon:
///   time of what is answered, group ..., from (the time of the last row that was read) and horizon for forecasts, then for each target its
///   truth, prediction, q0.1 ... or the probability of each class. Without a time the number of the last row that was read stands first. With several targets
///   their names follow: prediction_HUFL.
std::string answers_csv(const Answers& answers, const Table& table, const AnswerColumns& columns,
                        bool header = true);

/// All of a row in one line: prediction_1 ... prediction_H over the horizon. For --follow.
std::string follow_header(const Answers& shape, std::int64_t horizon, const AnswerColumns& columns);
std::string follow_line(const Answers& answers, const Table& row, double time, std::size_t values,
                        const AnswerColumns& columns);

}  // namespace carousel::cli
