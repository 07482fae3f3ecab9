#include "layout.h"

#include <algorithm>

namespace carousel::fused {

Layout::Layout(std::span<const std::int64_t> sizes, bool reverse, std::int64_t parts)
    : sizes_(sizes.begin(), sizes.end()), parts_(parts), reverse_(reverse) {
  std::int64_t row = 0;
  for (const std::int64_t size : sizes_) {
    first_row_.push_back(row);
    row += size;
    sequences_ = std::max(sequences_, size);
  }
  padded_ = sizes_.empty() || sizes_.back() == sizes_.front();
  if (reverse) {
    std::reverse(sizes_.begin(), sizes_.end());
    std::reverse(first_row_.begin(), first_row_.end());
  }
  for (std::int64_t p = 0; p < parts; ++p) {
    auto& before = rows_before_.emplace_back(1, 0);
    for (std::int64_t i = 0; i < steps(); ++i) before.push_back(before.back() + rows(p, i));
  }
}

std::int64_t Layout::continuing(std::int64_t p, std::int64_t i) const {
  return i == 0 ? 0 : std::min(rows(p, i), rows(p, i - 1));
}

bool Layout::evenly_spaced(std::int64_t i, std::int64_t j) const {
  return j - i <= 1 || (padded_ && !reverse_ && sequences_ % parts_ == 0);
}

std::int64_t choose_parts(std::int64_t threads, std::int64_t sequences, double multiplications) {
  constexpr std::int64_t rows_a_part = 3;
  constexpr double work_a_part = 2e6;
  const auto by_work = static_cast<std::int64_t>(multiplications / work_a_part);
  return std::max<std::int64_t>(1, std::min({threads, sequences / rows_a_part, by_work}));
}

}  // namespace carousel::fused
