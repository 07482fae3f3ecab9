// Which raw columns the graph of a table's run reads, and how they are prepared.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "carousel/data/series_schema.h"

#include "exchange/onnx_layers.h"

namespace carousel {

/// Numbers that are fed: those among the inputs in their order, then targets that are not, where a forecast is relative to them.
struct OnnxNumbers {
  explicit OnnxNumbers(const SeriesSchema& schema);

  std::int64_t size() const { return static_cast<std::int64_t>(columns.size()); }

  std::vector<SchemaColumn> columns = {};
  std::vector<std::int64_t> of_input = {};   ///< the place of each input, -1 of a category
  std::vector<std::int64_t> of_target = {};  ///< of each target; empty where nothing is relative to them
};

/// Whether a forecast adds something of the window to what the network says.
bool is_relative(const SeriesSchema& schema);

/// Numbers [T, B, N] in three forms.
struct OnnxPrepared {
  std::string missing;   ///< boolean [T, B, N]
  std::string levels;    ///< float64 [T, B, N]: scaled, without missing ones
  std::string features;  ///< the same, with differences where the network reads these
};
OnnxPrepared prepare_numbers(OnnxBuilder& graph, const std::string& raw, const SeriesSchema& schema,
                             const OnnxNumbers& numbers);

/// A value where a flag of the last dimension is set, else another; `other` itself where none is.
std::string where_flagged(OnnxBuilder& graph, const std::vector<std::int64_t>& flags,
                          const std::string& value, const std::string& other);

/// Rows from `first` to `end` of the first dimension; both may count from the end.
std::string rows_between(OnnxBuilder& graph, const std::string& value, std::int64_t first, std::int64_t end);
inline constexpr std::int64_t onnx_end = std::int64_t{1} << 62;

}  // namespace carousel
