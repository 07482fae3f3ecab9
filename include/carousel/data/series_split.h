// Which rows are learnt from, which validate and which test.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "carousel/data/random.h"
#include "carousel/data/series_frame.h"

namespace carousel {

/// What is split, for what messages advise: rows of a table that has times and groups, or that each stand alone.
enum class SplitOf { series, rows };

/// The part of each place of an order, -1 for rows of no part. `text` is
///   "0.7,0.15,0.15"        shares of train, valid and test: in time order for rows of one series (`by_group` false), where
///                          groups share a time axis at the same times for all; else of the groups, in an order that is drawn once and for all,
///                          every class of `classes` (one a group; may be empty) in the same shares
///   "2013-07-01,2014-01-01"  times at which valid and test begin
///   "fold:2/5"             a fifth of the groups tests, another validates, the rest trains
///   "every:10"             every tenth of the groups, in the order of the file, validates, the rest trains, none tests
///   "column:NAME"          a column that says "train", "valid" or "test"
///   "8640,2880,2880"       numbers of rows (or groups) of each, from the first; what is left over is of no part
/// Throws Error for what is none of these, for shares above 1 in sum, and where no training row is left.
std::vector<std::int8_t> split_rows(const Table& table, const SeriesOrder& order, const std::string& text,
                                    bool by_group, const std::vector<std::int64_t>& classes,
                                    SplitOf what = SplitOf::series);

/// The same where files say it: `ends` are the table's rows at which the training and the validation files end.
std::vector<std::int8_t> split_by_files(const SeriesOrder& order, std::array<std::int64_t, 2> ends);

}  // namespace carousel
