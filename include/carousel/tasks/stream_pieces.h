// Short sequences laid end to end in a few streams: no step is padding, and resets keep them apart.
#pragma once

#include <cstdint>
#include <vector>

#include <torch/types.h>

namespace carousel {

/// Where each of some sequences lies. StreamPieces are in the order of their streams and, in a stream, of time.
struct StreamPieces {
  std::vector<std::int64_t> sequence;        ///< which of the sequences a piece is
  std::vector<std::int64_t> stream, first;   ///< and where it begins
  std::vector<std::int64_t> stream_lengths;  ///< steps of each stream

  /// Streams as long as the longest sequence; each sequence goes into the first that has room for it, the longest before
  /// the shorter ones ("first fit decreasing": within 11/9 of the fewest streams, Johnson 1973).
  static StreamPieces end_to_end(const std::vector<std::int64_t>& lengths);

  /// Sequences [T_b, ...] in their streams, [T, streams, ...], zero beyond the end of one.
  torch::Tensor join(const std::vector<torch::Tensor>& sequences) const;

  /// [T, streams] bool: where a sequence begins behind another (Batch::resets).
  torch::Tensor resets() const;

  /// [streams] int64.
  torch::Tensor lengths() const;
};

}  // namespace carousel
