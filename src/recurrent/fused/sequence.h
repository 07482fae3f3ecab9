// One layer and direction over a whole sequence, forwards and backwards, on plain memory.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "carousel/recurrent/fused/fused_cell.h"
#include "carousel/recurrent/noise.h"

#include "layout.h"
#include "matrix.h"
#include "workspace.h"

namespace carousel::fused {

/// Runs work(0) .. work(count - 1), perhaps at the same time.
using Parallel = std::function<void(std::int64_t count, const std::function<void(std::int64_t)>& work)>;

/// What both passes are given. Weights are torch's, [G H, I] and [G H, H] in the cell's gate order.
template <class T> struct Sequence {
  const FusedCell& cell;
  const Layout& layout;
  SimdLevel level = SimdLevel::portable;
  std::int64_t inputs = 0;       ///< I
  std::int64_t units = 0;        ///< H
  Recurrence recurrence = {};    ///< of weight_hh
  std::int64_t chunk_steps = 1;  ///< steps whose input projection, and weight gradients, are one product

  const T* input = nullptr;               ///< [rows, I], or
  const std::int64_t* classes = nullptr;  ///< [rows]: class numbers that stand for one-hot rows
  const T* weight_ih = nullptr;
  const T* weight_hh = nullptr;
  const T* bias_ih = nullptr;  ///< null when there is none
  const T* bias_hh = nullptr;
  std::array<const T*, max_vectors> vectors{};
  std::array<const T*, max_states> initial{};  ///< [B, H] each; null for zeros
  const bool* resets = nullptr;                ///< [rows]: whether the row begins anew; null for none
  std::array<const T*, max_states> start{};    ///< [H] each: where it begins; null for zeros
  LayerNoise noise = {};

  std::int64_t slots() const { return static_cast<std::int64_t>(cell.slots); }
  std::int64_t gates() const { return static_cast<std::int64_t>(cell.gates); }
  std::int64_t states() const { return static_cast<std::int64_t>(cell.states); }
  /// Whether W_hh is matrices: as many as there are heads, one of a full recurrence.
  bool has_heads() const {
    return recurrence.form == Recurrence::Form::full || recurrence.form == Recurrence::Form::heads;
  }
  std::int64_t heads() const { return recurrence.form == Recurrence::Form::heads ? recurrence.heads : 1; }
  std::int64_t head_units() const { return units / heads(); }
  /// Entries of W_hh.
  std::int64_t recurrent_size() const {
    if (has_heads()) return gates() * units * head_units();
    return recurrence.form == Recurrence::Form::diagonal ? gates() * units : 0;
  }
  std::int64_t first_recurrent() const { return slots() - gates(); }
  /// Elements of a row that is kept for the backward pass: slots, and all states but h.
  std::int64_t kept_width() const { return (slots() + states() - 1) * units; }
  /// The step after the last of the chunk that begins at `first`.
  std::int64_t chunk_end(std::int64_t first) const { return std::min(first + chunk_steps, layout.steps()); }
  /// The largest number of rows that a chunk of part p has.
  std::int64_t most_rows(std::int64_t p) const {
    std::int64_t most = 0;
    for (std::int64_t first = 0; first < layout.steps(); first += chunk_steps) {
      most = std::max(most, layout.rows_before(p, chunk_end(first)) - layout.rows_before(p, first));
    }
    return most;
  }
  std::int64_t chunks() const { return (layout.steps() + chunk_steps - 1) / chunk_steps; }
};

/// Figures of every step, for an observer. A part has its own, so that threads do not meet.
struct StepFigures {
  std::vector<double> gate_sums;  ///< [T, G], steps as processed
  std::vector<double> saturated;  ///< [T, G, 2]: activations at the low limit and at the high one
  std::vector<double> squares;    ///< [T, S]
  std::vector<char> finite;       ///< [T]
};

/// What the forward pass leaves for the backward pass: for each part its kept rows, or, to save memory, the
/// states (but h) at the beginning of every chunk.
template <class T> struct Tape {
  std::vector<Buffer<T>> kept;         ///< [rows of the part, kept_width]
  std::vector<Buffer<T>> checkpoints;  ///< [chunks, S - 1, sequences of the part, H]
};

enum class Keep { nothing, everything, checkpoints };

template <class T> struct ForwardResult {
  T* output = nullptr;                ///< [rows, H]: h of every step
  std::array<T*, max_states> last{};  ///< [B, H]
  Tape<T> tape;
  std::vector<StepFigures> figures;  ///< a part each; empty when nobody listens
};
/// `result` has output and last in place, and may have buffers of the tape, which are used then; with `figures`, gate sums and finiteness are measured.
template <class T>
void run_forward(const Sequence<T>& sequence, Keep keep, bool figures, const Parallel& parallel,
                 ForwardResult<T>& result);

/// Where gradients go; null where none is wanted. All are written, not added to.
template <class T> struct BackwardResult {
  T* input = nullptr;  ///< [rows, I]
  T* weight_ih = nullptr;
  T* weight_hh = nullptr;
  T* bias_ih = nullptr;
  T* bias_hh = nullptr;
  std::array<T*, max_vectors> vectors{};
  std::array<T*, max_states> initial{};
  std::array<T*, max_states> start{};  ///< [H]
  std::vector<StepFigures> figures;
};
template <class T> struct BackwardGiven {
  const T* output = nullptr;                         ///< h of every step, from the forward pass
  const T* output_gradient = nullptr;                ///< [rows, H]; null for zeros
  std::array<const T*, max_states> last_gradient{};  ///< [B, H]; null for zeros
};
template <class T>
void run_backward(const Sequence<T>& sequence, const BackwardGiven<T>& given, const Tape<T>& tape,
                  bool figures, const Parallel& parallel, BackwardResult<T>& result);

}  // namespace carousel::fused
