// What a forecast is relative to, in an ONNX graph: tasks' Relative, of the window that is fed.
#pragma once

#include <string>

#include "carousel/data/series_schema.h"

#include "exchange/onnx_columns.h"

namespace carousel {

/// A forecast is added + width * what the network says, float32; "" where it is left out.
struct OnnxReference {
  std::string added;              ///< [B, H, K] or [B, 1, K]
  std::string width;              ///< [B, 1, K]
  std::string means, deviations;  ///< [B, K], of Relative::window
  std::string
      seasons;  ///< [T, B, K], of Relative::seasons: the mean at the place of each row, rows to come too
};

/// From all numbers [T, B, N], scaled, of which the last rows are the window, and rows to come where there are some.
OnnxReference forecast_reference(OnnxBuilder& graph, const std::string& levels, const SeriesSchema& schema,
                                 const OnnxNumbers& numbers);

/// [B, H, K, Q].
std::string added_to_reference(OnnxBuilder& graph, const std::string& answers,
                               const OnnxReference& reference);

/// Features [T, B, F] of which those that are targets are relative to the window, where changes_inputs() says so.
std::string relative_to_window(OnnxBuilder& graph, const std::string& features, const SeriesSchema& schema,
                               const OnnxReference& reference);

/// Features whose last H rows are those to come: what is not known of them is 0, and the last feature is 1.
std::string without_the_future(OnnxBuilder& graph, const std::string& features, const SeriesSchema& schema);

}  // namespace carousel
