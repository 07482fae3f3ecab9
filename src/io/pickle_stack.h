// The stack of the machine that a pickle is a program for, with its marks, and its memo.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "carousel/error.h"

#include "io/pickle.h"

namespace carousel {

/// Throws Error when a value, mark or place is asked for that is not there. A span is valid until the next change.
class PickleStack {
 public:
  void push(PickleRef value) { values_.push_back(value); }

  PickleRef pop() {
    const auto value = top();
    values_.pop_back();
    return value;
  }

  PickleRef top() const { return last(1)[0]; }

  /// The values on top, down to the last mark at most.
  std::span<const PickleRef> last(std::size_t count) const {
    const std::size_t floor = marks_.empty() ? 0 : marks_.back();
    if (values_.size() - floor < count) throw Error("it takes more values than there are");
    return std::span(values_).last(count);
  }

  void drop(std::size_t count) { values_.resize(values_.size() - count); }

  void mark() { marks_.push_back(values_.size()); }

  /// The values above the last mark, which goes.
  std::span<const PickleRef> unmark() {
    if (marks_.empty()) throw Error("it looks for a mark that is not there");
    const auto marked = std::span<const PickleRef>(values_).subspan(marks_.back());
    marks_.pop_back();
    return marked;
  }

  /// What is left at the end.
  PickleRef only() const {
    if (values_.size() == 1 && marks_.empty()) return values_.back();
    throw Error(fmt::format("it ends with {} values and {} marks", values_.size(), marks_.size()));
  }

  /// Notes the value on top. Python numbers the places one after the other, so no others are needed.
  void put(std::size_t place) {
    if (place > memo_.size())
      throw Error(fmt::format("it remembers a value in place {} of {}", place, memo_.size()));
    if (place == memo_.size()) memo_.push_back(0);
    memo_[place] = top();
  }

  void memoize() { put(memo_.size()); }

  void get(std::size_t place) {
    if (place >= memo_.size()) throw Error(fmt::format("it recalls place {} of {}", place, memo_.size()));
    push(memo_[place]);
  }

 private:
  std::vector<PickleRef> values_;
  std::vector<std::size_t> marks_;  ///< how many values there were at each
  std::vector<PickleRef> memo_;
};

}  // namespace carousel
