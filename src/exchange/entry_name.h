// The name of a recurrent layer's parameter, as torch and Carousel's cells write it, in its parts.
//
//   encoder.rnn.  weight_ih  _l0  _reverse         of a layer
//   rnn.          cell       _l0  _reverse  .gain_c  of a cell that is a module
//   lstm1.        weight_ih                        of nn.LSTMCell: layer 0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace carousel {

struct EntryName {
  std::string prefix = {};  ///< with its dot, "" where there is none
  std::string stem = {};
  std::int64_t layer = 0;
  bool reverse = false;
  std::string rest = {};

  /// Nothing for an entry of anything else.
  static std::optional<EntryName> of(const std::string& entry);

  /// Without the prefix: "weight_ih_l0_reverse".
  std::string name() const;
  bool is_of_first_layer() const { return layer == 0 && !reverse; }
};

}  // namespace carousel
