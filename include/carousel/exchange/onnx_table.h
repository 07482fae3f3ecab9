// Runs over tables as ONNX graphs: raw columns in, answers in the unit of the data out, as `carousel predict` gives them.
//
//   numbers        float64 [T, B, N]    as they stand in the table, NaN where missing; true is 1
//   categories     int64 [T, B, C]      the place of a text among its column's; -1, or any other number, for what training did
//                                       not see and for what is missing
//   calendar       float64 [T, B, 2 P]  sine and cosine of each part (data/time_axis.h: calendar_feature)
//     ->
//   prediction     float64 [B, H, K] of forecasts, [T, B, K] at every row, [B, K] of sequences; of a class its place, int64
//                  [T, B] or [B]
//   quantiles      float64 [..., K, Q]  rising, where they are answered
//   probabilities  float32 [..., C]     of classes
//
// Inputs that a run does not have are left out. Scaling is in double, float32 begins at the network. A forecast answers the
// rows after the last one; with inputs known ahead the last H rows that are fed are those to come, of which only what is known
// ahead and the calendar is looked at. More rows than the network's window may be fed: only the last are its window, but those before it
// say what stands for a missing value (MissingRule::forward) and what the first difference is taken from. Time gaps, groups and
// rows to leave out (MissingRule::drop) are the caller's: a sequence is a run of rows without them.
#pragma once

#include <vector>

#include <nlohmann/json.hpp>

#include "carousel/data/series_schema.h"
#include "carousel/exchange/onnx_model.h"

namespace carousel {

/// Of a run of series; `quantiles` as it answers them, empty where it does not. Throws Error as onnx_graph, for a schema that is not the model's, and for options that a
/// forecast cannot have: it reads its window anew, all windows equally long.
onnx::Graph onnx_series(SequenceModel& model, const TaskFacts& task, const SeriesSchema& schema,
                        const std::vector<double>& quantiles, const OnnxOptions& options = {});

/// What the inputs and outputs of that graph hold, in their order, for who feeds it:
///   {"numbers": ["OT"], "categories": [{"name": "wind", "texts": ["NE", "NW"]}], "calendar": ["hour"], "rows": 96, "ahead": 0,
///    "targets": ["OT"], "classes": [], "quantiles": [0.1, 0.5, 0.9], "horizon": 24}
/// "rows" is what a forecast reads, 0 where any number will do, and "ahead" how many rows to come follow them.
nlohmann::json onnx_columns(const SeriesSchema& schema, const std::vector<double>& quantiles);

/// Of a run of classify: input [T, B] int64 tokens -> prediction int64 [B], the class's place, and probabilities float32 [B, C].
onnx::Graph onnx_classifier(SequenceModel& model, const TaskFacts& task, const OnnxOptions& options = {});

}  // namespace carousel
