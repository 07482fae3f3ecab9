// The sizes that `carousel bench` measures.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "carousel/cells/recurrence.h"

namespace carousel::cli {

/// T steps, B sequences, I inputs, H hidden units.
struct BenchShape {
  std::int64_t steps = 1, sequences = 1, inputs = 1, hidden = 1;
  bool packed = false;  ///< lengths are uniform in 1 ... T, the same at every start; else all are T

  /// "100,32,64,128" or "400,32,128,128,packed", as --shape takes it.
  std::string text() const;

  /// The length of every sequence.
  std::vector<std::int64_t> lengths() const;

  /// Floating-point operations of a cell with G gates: 2 G H (I + R) a step and sequence, for the products
  /// with W_ih and W_hh, where a unit reads the h of R units; backward takes twice that again. Elementwise work is not counted. For a packed batch
  /// the steps that are there count.
  double operations(std::int64_t gates, bool backward, const Recurrence& recurrence = {}) const;
};

/// Throws Error naming what is wrong with "T,B,I,H[,packed]".
BenchShape parse_shape(const std::string& text);

/// The shapes of the performance table; `quick` only small ones.
std::vector<BenchShape> default_shapes(bool quick);

/// The words of a list such as "lstm,gru"; an option given several times is a list of lists.
std::vector<std::string> split_list(const std::string& text, const std::string& separators);

}  // namespace carousel::cli
