#include "carousel/data/permutations.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "carousel/error.h"

namespace carousel {
namespace {

using Permutation = std::vector<int>;

bool is_even(const Permutation& p) {
  int inversions = 0;
  for (auto one = p.begin(); one != p.end(); ++one)
    inversions += static_cast<int>(std::count_if(one, p.end(), [&](int later) { return later < *one; }));
  return inversions % 2 == 0;
}

Permutation composed(const Permutation& after, const Permutation& before) {
  Permutation result;
  for (const int image : before) result.push_back(after[static_cast<std::size_t>(image)]);
  return result;
}

}  // namespace

PermutationGroup::PermutationGroup(std::string_view name) {
  if (name.size() != 2 || (name[0] != 'S' && name[0] != 'A') || name[1] < '2' || name[1] > '5') {
    throw Error(fmt::format("a group of permutations is S2 to S5 or A2 to A5, not '{}'", name));
  }
  Permutation p(static_cast<std::size_t>(name[1] - '0'));
  std::iota(p.begin(), p.end(), 0);
  do {
    if (name[0] == 'S' || is_even(p)) elements_.push_back(p);
  } while (std::ranges::next_permutation(p).found);
  for (const auto& after : elements_) {
    for (const auto& before : elements_) {
      const auto found = std::ranges::lower_bound(elements_, composed(after, before));
      products_.push_back(static_cast<std::int32_t>(found - elements_.begin()));
    }
  }
}

}  // namespace carousel
