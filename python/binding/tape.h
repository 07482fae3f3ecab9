// What the forward operator keeps for the backward one, in one tensor whose size says nothing of threads.
//
//   [rows of part 0][slack] [rows of part 1][slack] ... [zeros] [number of parts]
//
// A part is what one thread took (src/recurrent/fused/layout.h). There is room for the slack of `most_parts` parts, and so the
// size can be told before it is known how many threads there will be, as those who trace a program must.
#pragma once

#include <torch/types.h>

#include "recurrent/fused/job.h"

namespace carousel::python {

inline constexpr std::int64_t most_parts = 64;

/// Numbers of a tape of so many rows; Count is a number or the symbol of one.
template <class Count> Count tape_size(const fused::FusedCell& cell, const Count& rows, const Count& units) {
  return rows * units * static_cast<std::int64_t>(cell.slots + cell.states - 1) +
         (most_parts + 1) * fused::slack;
}

/// The rows of the job's parts: memory of the tensor, which must outlive them.
template <class T> fused::Tape<T> open_tape(const torch::Tensor& tape, const fused::Job& job);

/// After the forward pass: what no part filled becomes zeros, and the number of parts is written down.
template <class T> void close_tape(const torch::Tensor& tape, const fused::Job& job);

/// How many parts filled a tape. Throws Error for a tensor that is no tape of so many rows of the job's layer.
template <class T> std::int64_t parts_of(const torch::Tensor& tape, const fused::Job& job, std::int64_t rows);

}  // namespace carousel::python
