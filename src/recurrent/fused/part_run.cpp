#include "part_run.h"

#include <algorithm>

#include "carousel/recurrent/observer.h"

namespace carousel::fused {

template <class T>
PartRun<T>::PartRun(const Sequence<T>& sequence, const ForwardWeights<T>& weights, std::int64_t part)
    : sequence_(sequence),
      weights_(weights),
      part_(part),
      memory_(sequence.states() * state_size() + slack),
      between_(sequence, part) {
  for (std::size_t s = 0; s < sequence.cell.states; ++s) {
    state_[s] = memory_.data() + static_cast<std::int64_t>(s) * state_size();
  }
}

template <class T> std::int64_t PartRun<T>::state_size() const {
  return sequence_.layout.sequences(part_) * sequence_.units;
}

template <class T> void PartRun<T>::begin() {
  projects_zeros_ = !sequence_.initial[0] && weights_.zeros_stay_zeros();
  for (std::size_t s = 0; s < sequence_.cell.states; ++s)
    gather(sequence_, part_, sequence_.initial[s], state_[s]);
}

template <class T>
void PartRun<T>::run(std::int64_t first, std::int64_t last, T* rows, std::int64_t stride, bool keep,
                     T* output, StepFigures* figures) {
  const Sequence<T>& s = sequence_;
  const auto step = s.cell.template kernels<T>().forward[static_cast<std::size_t>(s.level)];
  if (between_.masks_input()) {
    const std::int64_t count = s.layout.rows_before(part_, last) - s.layout.rows_before(part_, first);
    weights_.project_own(between_.masked_input(first, last), count, rows, stride);
  } else {
    weights_.project(part_, first, last, rows, stride);
  }

  StepRows<T> r;
  r.units = s.units;
  r.vectors = s.vectors;
  r.state = state_;
  r.keep = keep;
  r.slots = rows;
  r.slots_stride = stride;
  r.output_stride = s.layout.parts() * s.units;
  for (std::int64_t i = first; i < last; ++i) {
    r.rows = s.layout.rows(part_, i);
    if (between_.resets(i)) {
      between_.restart(i, state_);
      projects_zeros_ = projects_zeros_ && !s.start[0];
    }
    if (!projects_zeros_) {
      const T* h = between_.masks() ? between_.masked(state_[0], r.rows) : state_[0];
      weights_.add_recurrent(h, r.rows, r.slots, stride);
    }
    T* h_out = output ? output + (s.layout.first_row(i) + part_) * s.units : nullptr;
    r.output = between_.zones() ? nullptr : h_out;
    r.update = between_.update_factors(i, r.rows);
    if (between_.zones()) between_.remember(state_, r.rows);
    if (figures) {
      r.gate_sums = figures->gate_sums.data() + i * s.gates();
      const bool counts = s.layout.time(i) % saturation_stride == 0;
      r.saturated = counts ? figures->saturated.data() + 2 * i * s.gates() : nullptr;
      r.finite = figures->finite.data() + i;
    }
    step(r);
    if (between_.zones()) {
      between_.zone(i, r.rows, state_);
      for (std::int64_t row = 0; h_out && row < r.rows; ++row)
        std::copy_n(state_[0] + row * s.units, s.units, h_out + row * r.output_stride);
    }
    projects_zeros_ = false;
    r.slots += r.rows * stride;
  }
}

template <class T> void PartRun<T>::gather(const Sequence<T>& s, std::int64_t part, const T* batch, T* own) {
  for (std::int64_t r = 0; r < s.layout.sequences(part); ++r) {
    if (batch) {
      std::copy_n(batch + (part + r * s.layout.parts()) * s.units, s.units, own + r * s.units);
    } else {
      std::fill_n(own + r * s.units, s.units, T{});
    }
  }
}

template <class T> void PartRun<T>::scatter(const Sequence<T>& s, std::int64_t part, const T* own, T* batch) {
  for (std::int64_t r = 0; r < s.layout.sequences(part); ++r) {
    std::copy_n(own + r * s.units, s.units, batch + (part + r * s.layout.parts()) * s.units);
  }
}

template class PartRun<float>;
template class PartRun<double>;

}  // namespace carousel::fused
