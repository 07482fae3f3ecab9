// A cell without its type: its facts, and every reading that was made of its step when it was compiled.
//
// This is how a cell that was compiled apart comes into a program (recurrent/load_cell.h). This header needs no tensor.
#pragma once

#include "carousel/cells/cell.h"
#include "carousel/recurrent/readings.h"

namespace carousel {

inline constexpr const char* step_reads_h_itself = "its step reads h itself";

struct RecordedCell {
  CellFacts facts;           ///< views of what stays as long as the program
  const Readings* readings;  ///< likewise

  const fused::FusedCell& kernels() const { return readings->kernels; }
  /// Whether the step uses h besides what W_hh makes of it, as a GRU's does.
  bool step_reads_h() const;
};

/// The same of a cell whose type is there.
template <FusableCell Cell> RecordedCell recorded_cell() {
  return {facts_of<Cell>(), &readings_of<Cell>()};
}

}  // namespace carousel
