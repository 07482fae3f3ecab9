// Who works on which rows, and where those rows lie.
//
// The batch is divided into parts; a thread takes a part through all the time steps alone, so that no thread
// waits for another at a step. Part p has the sequences p, p + parts, p + 2 parts, ...: sequences are sorted
// by falling length, so parts of a packed batch are equally long.
//
// Steps are numbered in the order of processing: i = 0 is t = 0, or t = T - 1 for a layer that runs backwards
// in time. A part's own arrays hold its rows of step 0, then those of step 1, ...
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace carousel::fused {

class Layout {
 public:
  Layout(std::span<const std::int64_t> sizes, bool reverse, std::int64_t parts);

  std::int64_t steps() const { return static_cast<std::int64_t>(sizes_.size()); }
  std::int64_t parts() const { return parts_; }
  std::int64_t sequences() const { return sequences_; }
  bool reverse() const { return reverse_; }

  /// Sequences alive at step i.
  std::int64_t size(std::int64_t i) const { return sizes_[static_cast<std::size_t>(i)]; }
  /// Row of the batch at which step i begins.
  std::int64_t first_row(std::int64_t i) const { return first_row_[static_cast<std::size_t>(i)]; }
  /// Time step that is processed as number i.
  std::int64_t time(std::int64_t i) const { return reverse_ ? steps() - 1 - i : i; }

  /// Rows of part p at step i; `sequences` of them in all.
  std::int64_t rows(std::int64_t p, std::int64_t i) const { return share(p, size(i)); }
  std::int64_t sequences(std::int64_t p) const { return share(p, sequences_); }
  /// Rows of part p before step i, i <= T.
  std::int64_t rows_before(std::int64_t p, std::int64_t i) const {
    return rows_before_[static_cast<std::size_t>(p)][static_cast<std::size_t>(i)];
  }
  std::int64_t all_rows(std::int64_t p) const { return rows_before(p, steps()); }

  /// Rows of part p at step i that were there at the step before.
  std::int64_t continuing(std::int64_t p, std::int64_t i) const;

  /// Calls run(i, j) for steps i to j - 1 whose rows of a part are equally far apart in the batch: all steps
  /// [first, last) at once where they are, else one after the other.
  template <class Run> void for_even_runs(std::int64_t first, std::int64_t last, Run run) const {
    if (evenly_spaced(first, last)) return run(first, last);
    for (std::int64_t i = first; i < last; ++i) run(i, i + 1);
  }

 private:
  bool evenly_spaced(std::int64_t i, std::int64_t j) const;
  std::int64_t share(std::int64_t p, std::int64_t of) const {
    return of > p ? (of - p + parts_ - 1) / parts_ : 0;
  }

  std::vector<std::int64_t> sizes_, first_row_;
  std::vector<std::vector<std::int64_t>> rows_before_;
  std::int64_t parts_, sequences_ = 0;
  bool reverse_, padded_ = true;
};

/// The part of [0, count) that falls to `share` of `shares`.
inline std::pair<std::int64_t, std::int64_t> slice(std::int64_t count, std::int64_t share,
                                                   std::int64_t shares) {
  return {count * share / shares, count * (share + 1) / shares};
}

/// How many parts pay, of at most `threads`: a part needs a few rows, and enough work to be worth waking a thread for.
std::int64_t choose_parts(std::int64_t threads, std::int64_t sequences, double multiplications);

}  // namespace carousel::fused
