// Deciding what was left open, and fitting what is learnt of a table: scalings, means, categories, from the training rows alone.
#pragma once

#include <vector>

#include "carousel/data/series_frame.h"
#include "carousel/data/series_request.h"
#include "carousel/data/series_schema.h"

namespace carousel {

/// What is predicted, where the request leaves it open: a forecast where --horizon is given; else, where there are groups, a sequence
/// if every group has one value of the target, and a step if not; without groups a forecast of numbers and a step of classes.
PredictKind predict_kind(const Table& table, const SeriesOrder& order, const SeriesRequest& request);

/// The class of each group, to split by: empty where the target is no class or changes within a group.
std::vector<std::int64_t> classes_of_groups(const Table& table, const SeriesOrder& order,
                                            const SeriesRequest& request);

/// `part` as split_rows() gives it; the schema's `relative` is last where the request says auto. Throws Error for columns
/// that are not there, a target that does not vary or is missing throughout, a category of more than 1,000 texts, targets of different kinds, a forecast of
/// classes, options that do not go together.
SeriesSchema fit_schema(const Table& table, const SeriesOrder& order, const SeriesRequest& request,
                        PredictKind predict, const std::vector<std::int8_t>& part);

/// Rows in a day, week or year of steps: 24 of hours, 7 of days, 12 of months, 4 of quarters; 96 of quarters of an hour; 0 where none is known.
std::int64_t season_of(const TimeStep& step);

}  // namespace carousel
