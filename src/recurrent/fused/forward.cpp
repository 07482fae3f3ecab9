#include <algorithm>

#include "part_run.h"
#include "sequence.h"

namespace carousel::fused {

namespace {

template <class T> StepFigures empty_figures(const Sequence<T>& s) {
  const auto steps = static_cast<std::size_t>(s.layout.steps());
  return {.gate_sums = std::vector<double>(steps * s.cell.gates),
          .saturated = std::vector<double>(2 * steps * s.cell.gates),
          .squares = {},
          .finite = std::vector<char>(steps, 1)};
}

}  // namespace

template <class T>
void run_forward(const Sequence<T>& s, Keep keep, bool figures, const Parallel& parallel,
                 ForwardResult<T>& result) {
  const auto parts = static_cast<std::size_t>(s.layout.parts());
  const ForwardWeights<T> weights(s, parallel);
  if (keep == Keep::everything) result.tape.kept.resize(parts);  // those that are there stay
  if (keep == Keep::checkpoints) result.tape.checkpoints.resize(parts);
  if (figures) result.figures.assign(parts, empty_figures(s));

  parallel(s.layout.parts(), [&](std::int64_t p) {
    const auto part = static_cast<std::size_t>(p);
    const bool everything = keep == Keep::everything;
    const std::int64_t stride = everything ? s.kept_width() : s.slots() * s.units;
    const bool given = everything && result.tape.kept[part];
    const Buffer<T> rows =
        given ? result.tape.kept[part]
              : Buffer<T>((everything ? s.layout.all_rows(p) : s.most_rows(p)) * stride + slack);
    if (everything) result.tape.kept[part] = rows;
    PartRun<T> run(s, weights, p);
    const std::int64_t checkpoint = (s.states() - 1) * run.state_size();
    if (keep == Keep::checkpoints) result.tape.checkpoints[part] = Buffer<T>(s.chunks() * checkpoint + slack);

    run.begin();
    for (std::int64_t first = 0; first < s.layout.steps(); first += s.chunk_steps) {
      const std::int64_t last = s.chunk_end(first);
      if (keep == Keep::checkpoints && s.states() > 1) {  // the states lie one behind the other
        std::copy_n(run.state(1), checkpoint,
                    result.tape.checkpoints[part].data() + first / s.chunk_steps * checkpoint);
      }
      T* at = rows.data() + (everything ? s.layout.rows_before(p, first) * stride : 0);
      run.run(first, last, at, stride, everything, result.output, figures ? &result.figures[part] : nullptr);
    }
    for (std::size_t state = 0; state < s.cell.states; ++state) {
      PartRun<T>::scatter(s, p, run.state(state), result.last[state]);
    }
  });
}

template void run_forward<float>(const Sequence<float>&, Keep, bool, const Parallel&, ForwardResult<float>&);
template void run_forward<double>(const Sequence<double>&, Keep, bool, const Parallel&,
                                  ForwardResult<double>&);

}  // namespace carousel::fused
