// What a sweep takes for one option: values one by one, a range of them, or a distribution to draw from.
//
//   a,b,c              a list
//   1..5   1..9:2      whole numbers, both ends among them where the step comes to them
//   log(1e-4,1e-2)     a draw whose logarithm is uniform; of an option that is a whole number, rounded
//   uniform(0,0.5)     a uniform draw
//   {a,b},{c}          values that hold commas themselves
//
// Where a comma may be part of a value (Option::holds_commas), one that stands outside of braces is: --target a,b
// is one value. The texts of an array of a TOML file are values as they stand.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "carousel/recurrent/cell_registry.h"

#include "options/option.h"
#include "options/toml.h"

namespace carousel::cli {

struct SweepValue {
  std::string given;  ///< as train takes it: a cell's file
  std::string shown;  ///< in its canonical form, by which values are the same: the cell's name
  bool operator==(const SweepValue& other) const { return shown == other.shown; }
};

/// From where a number is drawn.
struct Distribution {
  bool log = false;  ///< else uniform
  double low = 0.0, high = 0.0;
  bool operator==(const Distribution&) const = default;
};

struct WholeRange {
  std::int64_t first = 0, last = 0, step = 1;
};

/// What a sweep was given for an option.
struct SweptOption {
  std::string name;
  std::string label;                     ///< as it was written, for messages
  std::string written;                   ///< as sweep.toml has it, behind the '='
  bool whole = false;                    ///< draws are whole numbers
  std::vector<SweepValue> values = {};   ///< none of a distribution
  std::optional<WholeRange> range = {};  ///< where the values are one
  std::optional<Distribution> drawn = {};

  bool is_fixed() const { return !drawn && values.size() == 1; }
};

inline constexpr std::int64_t most_values = 1'000'000;  ///< of one option

/// Throws Error for a value that train would refuse, in its words; for a range without an end or of more than most_values, a
/// distribution that is none, a value that is there twice, and brackets that are not closed.
SweptOption swept_option(const Option& option, const GivenTexts& given, const CellRegistry& cells);

/// Throws Error for a value that is there twice.
void check_unequal(const SweptOption& swept);

/// The parts of a text between commas outside of brackets, without the braces around a part. Throws Error for
/// brackets that are not closed, and for an empty part beside others.
std::vector<std::string> sweep_parts(const std::string& text, const std::string& label);

}  // namespace carousel::cli
