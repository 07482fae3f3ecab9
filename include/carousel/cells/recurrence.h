// The shape of a layer's recurrent matrix: which units' h a unit reads.
//
//   full       all H of them               weight_hh [G H, H]
//   heads(n)   those of its own head       weight_hh [n, G d, d], d = H / n (the sLSTM of Beck et al. 2024)
//   diagonal   its own                     weight_hh [G H]        (IndRNN, Li et al. 2018)
//   none       none: no recurrent product  no weight_hh           (minGRU, Feng et al. 2024)
//
// G gates, H units. This header needs no tensor.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace carousel {

struct Recurrence {
  enum class Form { full, heads, diagonal, none };
  Form form = Form::full;
  std::int64_t heads = 1;  ///< n, of Form::heads

  /// "full", "heads:4", "diagonal" or "none". Throws Error for another word, and for heads without a number above 0.
  static Recurrence parse(std::string_view text);
  std::string text() const;

  /// The shape of weight_hh; empty of none.
  std::vector<std::int64_t> shape(std::int64_t gates, std::int64_t hidden) const;

  /// Of how many units a unit reads h.
  std::int64_t width(std::int64_t hidden) const {
    if (form == Form::full) return hidden;
    return form == Form::heads ? hidden / heads : form == Form::diagonal ? 1 : 0;
  }

  /// Throws Error unless H units can be shared out evenly among the heads.
  void check(std::int64_t hidden) const;

  friend constexpr bool operator==(const Recurrence&, const Recurrence&) = default;
};

}  // namespace carousel
