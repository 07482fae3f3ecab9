// Windows of a table as tensors.
#pragma once

#include "carousel/train/batch.h"

#include "tasks/series_data.h"

namespace carousel {

/// Of numbers the target is [..., K, 3]: truth in scaled units (NaN where it counts not), reference and width, so that a
/// forecast is reference + width * output; of forecasts [B, H, K, 3], of steps [T, B, K, 3], of sequences [B, K, 3].
/// Of classes [T, B] or [B] of int64, -1 where it counts not.
Batch series_batch(const SeriesData& data, const torch::Tensor& inputs, Split split,
                   std::vector<std::int64_t> examples, std::int64_t classes);

}  // namespace carousel
