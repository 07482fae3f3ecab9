// The bytes of a pickle, taken from the front; nothing is taken that is not there.
#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>

#include <fmt/format.h>

#include "carousel/error.h"

namespace carousel {

class PickleBytes {
 public:
  explicit PickleBytes(std::string_view bytes) : bytes_(bytes) {}

  std::size_t position() const { return at_; }
  std::size_t left() const { return bytes_.size() - at_; }

  std::string_view take(std::uint64_t count) {
    if (count > bytes_.size() - at_) {
      throw Error(fmt::format("it claims {} bytes where {} are left", count, left()));
    }
    const auto taken = bytes_.substr(at_, count);
    at_ += count;
    return taken;
  }

  /// Little-endian, as all of a pickle but its floats.
  template <std::unsigned_integral T> T number() {
    T value = 0;
    const auto taken = take(sizeof(T));
    for (std::size_t i = sizeof(T); i-- > 0;) {
      value = static_cast<T>(value << 4 << 4 | static_cast<unsigned char>(taken[i]));
    }
    return value;
  }

  std::string_view line() {
    const auto length = bytes_.substr(at_).find('\n');
    if (length == std::string_view::npos) throw Error("it ends within a name");
    const auto text = take(length);
    take(1);
    return text;
  }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
};

}  // namespace carousel
