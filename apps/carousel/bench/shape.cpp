#include "bench/shape.h"

#include <algorithm>
#include <numeric>
#include <random>

#include <fmt/format.h>

#include "carousel/data/text.h"
#include "carousel/error.h"

namespace carousel::cli {

std::string BenchShape::text() const {
  return fmt::format("{},{},{},{}{}", steps, sequences, inputs, hidden, packed ? ",packed" : "");
}

std::vector<std::int64_t> BenchShape::lengths() const {
  std::vector<std::int64_t> lengths(static_cast<std::size_t>(sequences), steps);
  if (!packed) return lengths;
  std::mt19937_64 random(1);
  for (auto& length : lengths) {
    length = 1 + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(steps));
  }
  return lengths;
}

double BenchShape::operations(std::int64_t gates, bool backward, const Recurrence& recurrence) const {
  const auto all = lengths();
  const auto rows = static_cast<double>(std::accumulate(all.begin(), all.end(), std::int64_t{0}));
  const double forward = 2.0 * static_cast<double>(gates * hidden) * rows *
                         static_cast<double>(inputs + recurrence.width(hidden));
  return backward ? 3.0 * forward : forward;
}

BenchShape parse_shape(const std::string& text) {
  auto words = split_list(text, ",");
  const bool packed = words.size() == 5 && words.back() == "packed";
  const auto refuse = [&](const std::string& why) {
    return Error(
        fmt::format("--shape is {}, {}: give T,B,I,H (steps, sequences, inputs, hidden units) such as "
                    "100,32,64,128, and ,packed for sequences of different lengths",
                    shown(text), why));
  };
  if (!packed && words.size() != 4) throw refuse(fmt::format("which has {} parts", words.size()));
  std::vector<std::int64_t> sizes;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto size = parse_number<std::int64_t>(words[i]);
    if (!size || *size < 1 || *size > 10'000'000) {
      throw refuse(fmt::format("and {} is no whole number from 1 to 10000000", shown(words[i])));
    }
    sizes.push_back(*size);
  }
  constexpr double most = 1e11;  // numbers: no machine holds more, and their bytes still fit an int64
  const double rows = static_cast<double>(sizes[0]) * static_cast<double>(sizes[1]);
  const double columns = static_cast<double>(sizes[2]) + static_cast<double>(sizes[3]);
  if (rows * columns > most || columns * static_cast<double>(sizes[3]) > most)
    throw refuse(fmt::format("which is more than {:.0e} numbers", most));
  return {sizes[0], sizes[1], sizes[2], sizes[3], packed};
}

std::vector<BenchShape> default_shapes(bool quick) {
  if (quick) return {{100, 32, 64, 128}, {200, 1, 64, 64}, {100, 16, 32, 64, true}};
  return {{100, 32, 64, 128}, {100, 64, 128, 256},      {50, 64, 512, 512}, {100, 64, 512, 512},
          {784, 64, 1, 128},  {35, 20, 656, 656},       {200, 1, 64, 64},   {200, 2, 64, 64},
          {1000, 16, 8, 64},  {400, 32, 128, 128, true}};
}

std::vector<std::string> split_list(const std::string& text, const std::string& separators) {
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find_first_of(separators, begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

}  // namespace carousel::cli
