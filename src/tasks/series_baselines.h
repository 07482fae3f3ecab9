// What one gets without learning: the simple answers to a table, on the same windows.
#pragma once

#include <string>
#include <vector>

#include "tasks/series_data.h"

namespace carousel {

/// "the last value", "the value 24 rows before", ...
std::string relative_text(Relative relative);

/// Of forecasts: last value, season, mean of both, the window's mean, the training mean; of numbers of steps and sequences the training mean.
std::vector<SimpleAnswer> simple_answers(const SeriesData& data, Split split);

/// The reference whose error on the validation part is the smallest.
Relative best_reference(const SeriesData& data);

/// The share of the commonest training class among the known ones of a split, and its name.
std::pair<double, std::string> majority(const SeriesData& data, Split split);

}  // namespace carousel
