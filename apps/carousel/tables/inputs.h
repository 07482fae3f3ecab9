// What a model of a table looks at: which columns, and from how far back.
#pragma once

#include <cstdint>
#include <vector>

#include <nlohmann/json.hpp>

#include "carousel/tasks/table_task.h"

#include "tables/part.h"

namespace carousel::cli {

/// Permutation importance (Breiman 2001): how much the mean loss of the part rises when a column's numbers, all its features at all
/// steps together, come from another window. Each column is shuffled `shuffles` times in the same ways for all, which depend on the
/// seed alone. Of windows that differ in length a shorter one begins again. The target and what a forecast is added to stay.
///
///   {"part": text, "windows": n, "shuffles": 3, "loss": L, "columns": [{"name", "rise": mean, "deviation"}]}, the largest rise first
nlohmann::json importance_figures(const TableTask& task, Model& model, const Part& part,
                                  const std::vector<InputColumn>& columns, std::uint64_t seed,
                                  int shuffles = 3);

/// |dL/dx_t| over the rows before the answer, the mean over the windows; L is a window's loss, of a task that answers at every row
/// that of the last row alone. Norms are taken in double; a model in double keeps small ones.
///
///   {"part": text, "windows": n, "first": x of the first entry, "rows_of_90": n, "rows": n,
///    "log10_norm": [newest row first, null where it is zero], "columns": [{"name", "log10_norm"}]}
/// `first` is 1 for a forecast, whose answer follows the last row, and 0 else. "rows_of_90": from so many of the last rows comes
/// 90 % of the sum of all norms; null where there is no gradient.
nlohmann::json reach_figures(const TableTask& task, Model& model, const Part& part,
                             const std::vector<InputColumn>& columns, const SeriesSchema& schema);

}  // namespace carousel::cli
