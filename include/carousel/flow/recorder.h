// The recorder: per-step gradient norms of any recurrent module, in two lines.
//
//   auto recorder = std::make_shared<carousel::FlowRecorder>();
//   lstm->observe(recorder);
//   ... forward, loss, loss.backward() ...
//   carousel::FlowRecord record = recorder->take();       // and it is ready for the next update
//
// It only reads: weights trained with and without it are equal bit for bit. Gradients of gradients
// (create_graph) are measured as well, on both engines: the record is that of the last backward pass.
#pragma once

#include <mutex>

#include "carousel/flow/record.h"
#include "carousel/recurrent/observer.h"

namespace carousel {

/// Collects what an engine reports between two calls of take(). Safe to call from autograd's threads. What is
/// reported of steps that were taken already, by a backward pass after take(), is left out.
class FlowRecorder : public FlowObserver {
 public:
  /// A recorder that is never asked may not grow without bound: when a forward pass begins and there would be
  /// more than `most_steps` steps, those before it are forgotten (FlowRecord::forgotten). A single pass is kept
  /// whole, however long.
  explicit FlowRecorder(std::int64_t most_steps = std::int64_t{1} << 18) : most_steps_(most_steps) {}

  std::int64_t begin(const CellFacts& cell, std::int64_t steps) override;
  void resets(std::int64_t first, std::span<const double> shares) override;
  void gate_mean(LayerId id, std::size_t gate, std::int64_t step, double mean) override;
  void gate_saturation(LayerId id, std::size_t gate, std::int64_t step, Saturation share) override;
  void state_finite(LayerId id, std::int64_t step, bool finite) override;
  void gradient_awaited(LayerId id, std::size_t state, std::int64_t first, std::int64_t steps) override;
  void gate_means(LayerId id, std::size_t gate, std::int64_t first, std::span<const double> means) override;
  void gate_saturations(LayerId id, std::size_t gate, std::int64_t first,
                        std::span<const Saturation> shares) override;
  void gradient_norms(LayerId id, std::size_t state, std::int64_t first,
                      std::span<const double> norms) override;
  void gradient_norm(LayerId id, std::size_t state, std::int64_t step, double norm) override;

  /// The gradients reported so far were of the loss of the last step alone: they are kept as such, and those
  /// of the whole loss are awaited.
  void last_loss_done();

  /// The record of all that was reported, and a fresh start.
  FlowRecord take();

  /// Steps reported so far.
  std::int64_t steps() const { return steps_; }

 private:
  /// What is known of a state's gradient at a step.
  enum class Known : char { nothing, awaited, reported };
  struct Layer {
    LayerFlow flow;
    std::vector<std::vector<Known>> known;  // [state][step]
  };

  Layer& layer(LayerId id);
  bool is_current(std::int64_t step) const { return step >= first_; }
  std::size_t place(std::int64_t step) const { return static_cast<std::size_t>(step - first_); }
  void settle();
  void start_anew();

  std::mutex mutex_;
  std::int64_t most_steps_;
  FlowRecord record_;  // but the layers
  std::vector<Layer> layers_;
  std::int64_t first_ = 0;  // number of the first step of the record; numbers are never used twice
  std::int64_t steps_ = 0;
  bool heard_ = false;  // whether any gradient was reported since the last take() or last_loss_done()
};

}  // namespace carousel
