// One long sequence of tokens as B streams that are read side by side, segment after segment.
#pragma once

#include <cstdint>
#include <vector>

#include <torch/types.h>

#include "carousel/train/batch.h"
#include "carousel/train/task.h"

namespace carousel {

/// Stream b of S = (n - 1) / B steps reads tokens b S ... b S + S - 1 and predicts the one after each. Where texts begin
/// behind one another, the last token of one predicts nothing, and the first of the next begins anew (Batch::resets).
/// Segment i is the steps i T ... i T + T - 1 of every stream: a batch that continues the one before. What S
/// leaves over of n - 1 is not read, or where the rest counts, the first streams read one more each.
class Streams {
 public:
  /// Fewer streams than B when there is no whole segment for each. `with_rest`: every token counts, whatever B
  /// and T: the last segment is shorter, or has one step more than T, and has lengths where the streams' differ.
  /// No tokens, or a single one, are no segments.
  Streams(const std::vector<std::int32_t>& tokens, std::int64_t batch, std::int64_t length, bool with_rest,
          const std::vector<std::size_t>& begins = {});

  std::int64_t segments() const { return segments_; }
  /// Input and target [T, B] int64; 0 beyond a length.
  Batch segment(std::int64_t index) const;

 private:
  torch::Tensor input_, target_;  // [S, B], or [S + 1, B]
  torch::Tensor resets_;          // the same, or undefined
  std::int64_t length_, segments_ = 0;
  std::int64_t longer_ = 0;  // streams of one step more
};

}  // namespace carousel
