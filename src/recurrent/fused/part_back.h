// One part of the batch on its way back through time.
#pragma once

#include <algorithm>
#include <vector>

#include "part_run.h"
#include "weight_gradients.h"

namespace carousel::fused {

/// The gradients that a part's sequences carry, and the steps that change them.
template <class T> class PartBack {
 public:
  PartBack(const Sequence<T>& s, const BackwardGiven<T>& given, const BackwardWeights<T>& weights,
           const BackwardResult<T>& result, WeightGradients<T>& gradients, std::int64_t part)
      : s_(s),
        given_(given),
        weights_(weights),
        result_(result),
        gradients_(gradients),
        part_(part),
        between_(s, part) {
    const std::int64_t size = s.layout.sequences(part) * s.units;
    carry_memory_ = Buffer<T>(s.states() * size + s.units + slack);
    if (s.resets || between_.masks()) rows_memory_ = Buffer<T>(size + slack);
    if (between_.masks()) masked_h_ = Buffer<T>(gradients.most_rows() * s.units + slack);
    for (std::size_t k = 0; k < s.cell.states; ++k) {
      carry_[k] = carry_memory_.data() + static_cast<std::int64_t>(k) * size;
      PartRun<T>::gather(s, part, given.last_gradient[k], carry_[k]);
    }
    zeros_ = carry_memory_.data() + s.states() * size;
    std::fill_n(zeros_, s.units, T{});
    slot_gradients_ = Buffer<T>(gradients.most_rows() * s.slots() * s.units + slack);
  }

  /// The steps of chunk [first, last), whose kept rows begin at `kept`.
  void run_chunk(std::int64_t first, std::int64_t last, T* kept, StepFigures* figures) {
    const std::int64_t before = s_.layout.rows_before(part_, first), width = s_.slots() * s_.units;
    for (std::int64_t i = last - 1; i >= first; --i) {
      const std::int64_t row = s_.layout.rows_before(part_, i) - before;
      step(i, kept + row * s_.kept_width(), slot_gradients_.data() + row * width, figures);
    }
    const std::int64_t rows = s_.layout.rows_before(part_, last) - before;
    if (result_.input) input_gradient(first, last);
    if (result_.weight_hh) collect_previous_h(first, last);
    const T* read =
        between_.masks_input() && result_.weight_ih ? between_.masked_input(first, last) : nullptr;
    gradients_.add(slot_gradients_.data(), rows, first, last, previous_h_, read);
  }

  void finish() const {
    for (std::size_t k = 0; k < s_.cell.states; ++k) {
      if (result_.initial[k]) PartRun<T>::scatter(s_, part_, carry_[k], result_.initial[k]);
    }
  }

  /// Row r of h before step i.
  const T* previous_h(std::int64_t i, std::int64_t r) const {
    const std::int64_t parts = s_.layout.parts();
    if (between_.resets(i, r)) return s_.start[0] ? s_.start[0] : zeros_;
    if (r < s_.layout.continuing(part_, i)) {
      return given_.output + (s_.layout.first_row(i - 1) + part_ + r * parts) * s_.units;
    }
    return s_.initial[0] ? s_.initial[0] + (part_ + r * parts) * s_.units : zeros_;
  }

 private:
  void step(std::int64_t i, T* kept, T* slot_gradients, StepFigures* figures) {
    const std::int64_t rows = s_.layout.rows(part_, i), parts = s_.layout.parts();
    const std::int64_t continuing = s_.layout.continuing(part_, i);
    const bool anew = between_.resets(i);
    for (std::size_t k = 0; k < s_.cell.states; ++k) {
      if (between_.zones(k)) divide(k, i, rows, figures);
    }
    update_ = between_.update_factors(i, rows);
    if (anew) {
      run_kernel(i, 0, rows, kept, slot_gradients, gathered_previous(i, rows), s_.units, figures);
    } else {
      run_kernel(i, 0, continuing, kept, slot_gradients, nullptr, parts * s_.units, figures);
      run_kernel(i, continuing, rows, kept, slot_gradients, nullptr, s_.initial[0] ? parts * s_.units : 0,
                 figures);
    }
    const bool wanted = i > 0 || result_.initial[0] || (anew && result_.start[0]);
    if (wanted) through_recurrence(slot_gradients, rows);
    for (std::size_t k = 0; k < s_.cell.states; ++k) {
      if (between_.zones(k)) between_.hand_on(k, rows, carry_[k]);
    }
    if (anew) cut(i, rows);
  }

  /// dL/dh of the step before, through W_hh and the mask that it was read with.
  void through_recurrence(const T* slot_gradients, std::int64_t rows) {
    const T* from = slot_gradients + s_.first_recurrent() * s_.units;
    if (!between_.masks())
      return weights_.hh().multiply(from, s_.slots() * s_.units, rows, carry_[0], s_.units);
    T* read = rows_memory_.data();
    std::fill_n(read, rows * s_.units, T{});
    weights_.hh().multiply(from, s_.slots() * s_.units, rows, read, s_.units);
    scale_row(s_.level, between_.mask(0), read, rows * s_.units, read);
    add_row(s_.level, read, rows * s_.units, carry_[0]);
  }

  /// Zoneout: the part of a state's gradient that the step gets, measured before it is divided.
  void divide(std::size_t k, std::int64_t i, std::int64_t rows, StepFigures* figures) {
    const bool output = k == 0 && given_.output_gradient;
    const std::int64_t stride = s_.layout.parts() * s_.units;
    const T* beside = output ? given_.output_gradient + (s_.layout.first_row(i) + part_) * s_.units : nullptr;
    if (figures) {
      double& sum = figures->squares[static_cast<std::size_t>(i * s_.states()) + k];
      for (std::int64_t u = 0; u < rows * s_.units; ++u) {
        const T g = carry_[k][u] + (beside ? beside[u / s_.units * stride + u % s_.units] : T{});
        sum += static_cast<double>(g) * static_cast<double>(g);
      }
    }
    between_.divide(k, i, rows, carry_[k], beside, stride);
  }

  /// h before step i, row below row.
  const T* gathered_previous(std::int64_t i, std::int64_t rows) {
    for (std::int64_t r = 0; r < rows; ++r)
      std::copy_n(previous_h(i, r), s_.units, rows_memory_.data() + r * s_.units);
    return rows_memory_.data();
  }

  /// Nothing goes back across a reset: it ends at the start.
  void cut(std::int64_t i, std::int64_t rows) {
    for (std::int64_t r = 0; r < rows; ++r) {
      if (!between_.resets(i, r)) continue;
      for (std::size_t k = 0; k < s_.cell.states; ++k) {
        T* row = carry_[k] + r * s_.units;
        if (T* sum = gradients_.start(k)) add_row(s_.level, row, s_.units, sum);
        std::fill_n(row, s_.units, T{});
      }
    }
  }

  /// `previous` is null for h where it lies.
  void run_kernel(std::int64_t i, std::int64_t first, std::int64_t last, T* kept, T* slot_gradients,
                  const T* previous, std::int64_t previous_stride, StepFigures* figures) {
    if (first == last) return;
    const std::int64_t parts = s_.layout.parts();
    StepRows<T> r;
    r.units = s_.units;
    r.rows = last - first;
    r.vectors = s_.vectors;
    r.slots = kept + first * s_.kept_width();
    r.slots_stride = s_.kept_width();
    r.previous_h = previous ? previous : previous_h(i, first);
    r.previous_h_stride = previous_stride;
    if (update_) r.update = update_ + first * s_.units;
    if (given_.output_gradient && !between_.zones(0)) {
      r.output_gradient =
          given_.output_gradient + (s_.layout.first_row(i) + part_ + first * parts) * s_.units;
      r.output_gradient_stride = parts * s_.units;
    }
    for (std::size_t k = 0; k < s_.cell.states; ++k) r.carry[k] = carry_[k] + first * s_.units;
    r.slot_gradients_stride = s_.slots() * s_.units;
    r.slot_gradients = slot_gradients + first * r.slot_gradients_stride;
    r.vector_gradients = gradients_.chunk_vectors();
    std::array<double, max_states> squares{};
    if (figures) r.squares = squares.data();
    s_.cell.template kernels<T>().backward[static_cast<std::size_t>(s_.level)](r);
    for (std::size_t k = 0; figures && k < s_.cell.states; ++k) {  // zoneout measures its own
      if (!between_.zones(k)) figures->squares[static_cast<std::size_t>(i * s_.states()) + k] += squares[k];
    }
  }

  void input_gradient(std::int64_t first, std::int64_t last) {
    const Layout& layout = s_.layout;
    const std::int64_t width = s_.slots() * s_.units, before = layout.rows_before(part_, first);
    layout.for_even_runs(first, last, [&](std::int64_t from, std::int64_t to) {
      multiply(s_.level,
               {.a = slot_gradients_.data() + (layout.rows_before(part_, from) - before) * width,
                .a_stride = width,
                .rows = layout.rows_before(part_, to) - layout.rows_before(part_, from),
                .c = result_.input + (layout.first_row(from) + part_) * s_.inputs,
                .c_stride = layout.parts() * s_.inputs},
               weights_.ih());
    });
    if (!between_.masks_input()) return;
    for (std::int64_t i = first; i < last; ++i) {
      for (std::int64_t r = 0; r < layout.rows(part_, i); ++r)
        between_.mask_gradient(
            r, result_.input + (layout.first_row(i) + part_ + r * layout.parts()) * s_.inputs);
    }
  }

  void collect_previous_h(std::int64_t first, std::int64_t last) {
    previous_h_.clear();
    for (std::int64_t i = first; i < last; ++i) {
      for (std::int64_t r = 0; r < s_.layout.rows(part_, i); ++r) {
        const T* h = previous_h(i, r);
        if (between_.masks())
          h = masked(h, r, masked_h_.data() + static_cast<std::int64_t>(previous_h_.size()) * s_.units);
        previous_h_.push_back(h);
      }
    }
  }

  const T* masked(const T* h, std::int64_t r, T* to) const {
    scale_row(s_.level, between_.mask(r), h, s_.units, to);
    return to;
  }

  const Sequence<T>& s_;
  const BackwardGiven<T>& given_;
  const BackwardWeights<T>& weights_;
  const BackwardResult<T>& result_;
  WeightGradients<T>& gradients_;
  std::int64_t part_;
  BetweenSteps<T> between_;
  Buffer<T> carry_memory_, slot_gradients_, rows_memory_, masked_h_;
  const T* update_ = nullptr;
  std::array<T*, max_states> carry_{};
  T* zeros_ = nullptr;
  std::vector<const T*> previous_h_;
};

}  // namespace carousel::fused
