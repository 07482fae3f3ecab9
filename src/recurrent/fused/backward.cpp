#include <algorithm>
#include <optional>

#include "part_back.h"

namespace carousel::fused {

namespace {

/// Runs a chunk forward once more, from the states at its beginning.
template <class T> class Replay {
 public:
  Replay(const Sequence<T>& s, const ForwardWeights<T>& weights, const Tape<T>& tape, std::int64_t part,
         std::int64_t most_rows)
      : s_(s),
        run_(s, weights, part),
        checkpoints_(tape.checkpoints[static_cast<std::size_t>(part)]),
        part_(part),
        rows_(most_rows * s.kept_width() + slack) {}

  T* chunk(std::int64_t first, std::int64_t last, const PartBack<T>& back) {
    for (std::int64_t r = 0; r < s_.layout.sequences(part_); ++r) {
      std::copy_n(back.previous_h(first, r), s_.units, run_.state(0) + r * s_.units);
    }
    const std::int64_t size = (s_.states() - 1) * run_.state_size();
    if (size > 0) std::copy_n(checkpoints_.data() + first / s_.chunk_steps * size, size, run_.state(1));
    run_.run(first, last, rows_.data(), s_.kept_width(), true, nullptr, nullptr);
    return rows_.data();
  }

 private:
  const Sequence<T>& s_;
  PartRun<T> run_;
  const Buffer<T>& checkpoints_;
  std::int64_t part_;
  Buffer<T> rows_;
};

}  // namespace

template <class T>
void run_backward(const Sequence<T>& s, const BackwardGiven<T>& given, const Tape<T>& tape, bool figures,
                  const Parallel& parallel, BackwardResult<T>& result) {
  const auto parts = static_cast<std::size_t>(s.layout.parts());
  const BackwardWeights<T> weights(s, result.input != nullptr, parallel);
  std::optional<ForwardWeights<T>> again;
  if (tape.kept.empty()) again.emplace(s, parallel);
  if (figures) {
    const auto size = static_cast<std::size_t>(s.layout.steps() * s.states());
    result.figures.assign(
        parts, {.gate_sums = {}, .saturated = {}, .squares = std::vector<double>(size), .finite = {}});
  }
  std::vector<std::optional<WeightGradients<T>>> gradients(parts);

  parallel(s.layout.parts(), [&](std::int64_t p) {
    const auto part = static_cast<std::size_t>(p);
    auto& own = gradients[part].emplace(s, p, result);
    PartBack<T> back(s, given, weights, result, own, p);
    std::optional<Replay<T>> replay;
    if (again) replay.emplace(s, *again, tape, p, own.most_rows());
    for (std::int64_t chunk = s.chunks() - 1; chunk >= 0; --chunk) {
      const std::int64_t first = chunk * s.chunk_steps, last = s.chunk_end(first);
      T* kept = replay ? replay->chunk(first, last, back)
                       : tape.kept[part].data() + s.layout.rows_before(p, first) * s.kept_width();
      back.run_chunk(first, last, kept, figures ? &result.figures[part] : nullptr);
    }
    back.finish();
  });
  add_up(s, gradients, parallel, result);
}

template void run_backward<float>(const Sequence<float>&, const BackwardGiven<float>&, const Tape<float>&,
                                  bool, const Parallel&, BackwardResult<float>&);
template void run_backward<double>(const Sequence<double>&, const BackwardGiven<double>&, const Tape<double>&,
                                   bool, const Parallel&, BackwardResult<double>&);

}  // namespace carousel::fused
