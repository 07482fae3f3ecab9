// What the generators' tests share.
#pragma once

#include <cstddef>
#include <vector>

namespace carousel::test {

/// Column b of a time-major array [T, batch, width], one feature of it.
template <class Value>
std::vector<Value> column(const std::vector<Value>& values, int batch, int b, int width = 1,
                          int feature = 0) {
  std::vector<Value> result;
  for (auto i = static_cast<std::size_t>(b * width + feature); i < values.size();
       i += static_cast<std::size_t>(batch * width)) {
    result.push_back(values[i]);
  }
  return result;
}

}  // namespace carousel::test
