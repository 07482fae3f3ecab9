// A model of series on a table that comes row by row: every row is answered at once, by the streaming engine.
#pragma once

#include <memory>
#include <string>

#include "carousel/data/answers.h"
#include "carousel/data/series_schema.h"
#include "carousel/data/table.h"
#include "carousel/tasks/settings.h"

namespace carousel {

class Model;

class SeriesFollower {
 public:
  /// The model must be in evaluation mode on the CPU and outlive the follower. A forecast reads its window anew at each
  /// row, as it was trained and as a table is answered; with `keeps_state` the state goes on from row to row instead.
  /// Throws Error for a model that cannot be read row by row (two directions, a cell without kernels), inputs known ahead, and
  /// for keeps_state with --relative window, whose inputs change with every window.
  SeriesFollower(const SeriesSchema& schema, const Settings& settings, Model& model, bool keeps_state);
  ~SeriesFollower();

  /// Reads a table of one row, of the group that it names, and answers it. Nothing yet where the window is not full. The answers'
  /// `row` is 0. Throws Error when time goes back within a group.
  Answers read(const Table& row);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace carousel
