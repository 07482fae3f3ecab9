// One layer for one sequence, a step at a time: weights packed once, nothing allocated in a step.
#pragma once

#include "flush_denormals.h"
#include "part_run.h"

namespace carousel::fused {

template <class T> class StreamLayer {
 public:
  /// `sequence` describes the layer; its layout and input are not looked at.
  /// The weights may go afterwards, vectors and initial states must stay. With `classes`, steps read class numbers.
  StreamLayer(const Sequence<T>& sequence, bool classes)
      : sequence_{.cell = sequence.cell,
                  .layout = one_row(),
                  .level = sequence.level,
                  .inputs = sequence.inputs,
                  .units = sequence.units,
                  .recurrence = sequence.recurrence,
                  .classes = classes ? &class_ : nullptr,
                  .weight_ih = sequence.weight_ih,
                  .weight_hh = sequence.weight_hh,
                  .bias_ih = sequence.bias_ih,
                  .bias_hh = sequence.bias_hh,
                  .vectors = sequence.vectors,
                  .initial = sequence.initial,
                  .noise = sequence.noise},
        weights_(sequence_, in_turn(), /*often=*/true),
        run_(sequence_, weights_, 0),
        slots_(sequence_.slots() * sequence_.units + slack) {
    run_.begin();
  }
  StreamLayer(const StreamLayer&) = delete;
  StreamLayer& operator=(const StreamLayer&) = delete;

  void restart() { run_.begin(); }

  /// Reads a row of I numbers, or a class; the new h is h().
  void step(const T* input) {
    const FlushDenormals flush;  // as in a whole sequence
    sequence_.input = input;
    run_.run(0, 1, slots_.data(), sequence_.slots() * sequence_.units, false, nullptr, nullptr);
  }
  void step(std::int64_t class_number) {
    class_ = class_number;
    step(nullptr);
  }

  const T* h() const { return run_.state(0); }

 private:
  static const Layout& one_row() {
    static const std::int64_t size = 1;
    static const Layout layout({&size, 1}, false, 1);
    return layout;
  }
  static Parallel in_turn() {
    return [](std::int64_t count, const std::function<void(std::int64_t)>& work) {
      for (std::int64_t i = 0; i < count; ++i) work(i);
    };
  }

  std::int64_t class_ = 0;
  Sequence<T> sequence_;
  ForwardWeights<T> weights_;
  PartRun<T> run_;
  Buffer<T> slots_;
};

}  // namespace carousel::fused
