#include "io/pickle.h"

namespace carousel {

std::string_view kind_name(PickleKind kind) {
  constexpr std::string_view names[] = {"None",   "a boolean", "a number", "a text",     "a tuple",
                                        "a dict", "a storage", "a tensor", "a function", "another value"};
  return names[static_cast<std::size_t>(kind)];
}

std::vector<std::int64_t> Pickle::integers(PickleRef tuple) const {
  std::vector<std::int64_t> numbers;
  const auto& value = at(tuple);
  for (std::uint32_t i = 0; i < value.count; ++i) numbers.push_back(at(items[value.index + i]).number);
  return numbers;
}

}  // namespace carousel
