// Groups of permutations, whose elements are numbered: what a state can be that each input moves.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace carousel {

/// All permutations of a few things, or the even ones. An element's number is its place in the lexicographic
/// order of the lists p(0) p(1) ... p(n - 1), so that 0 is the identity.
///
///   S2   2   (01, 10)                                  a bit: the product is a parity
///   S3   6   (012, 021, 102, 120, 201, 210)            the smallest group in which order matters
///   A5  60, S5 120                                     not solvable
class PermutationGroup {
 public:
  /// "S" all, "A" the even ones, of 2 to 5 things. Throws Error for another name.
  explicit PermutationGroup(std::string_view name);

  int size() const { return static_cast<int>(elements_.size()); }

  /// The list p(0) p(1) ... of an element.
  const std::vector<int>& element(int number) const { return elements_[static_cast<std::size_t>(number)]; }

  /// `after` once `before` has been done: i goes to after(before(i)).
  int product(int after, int before) const {
    return products_[static_cast<std::size_t>(after) * elements_.size() + static_cast<std::size_t>(before)];
  }

 private:
  std::vector<std::vector<int>> elements_;
  std::vector<std::int32_t> products_;  // [size, size]
};

}  // namespace carousel
