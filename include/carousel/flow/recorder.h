// The recorder: per-step gradient norms of any recurrent module, in two lines.
//
//   auto recorder = std::make_shared<carousel::FlowRecorder>();
//   lstm->observe(recorder);
//   ... forward, loss, loss.backward() ...
//   carousel::FlowRecord record = recorder->take();       // and it is ready for the next update
//
// It only reads: weights trained with and without it are equal bit for bit.
#pragma once

#include <mutex>

#include "carousel/flow/record.h"
#include "carousel/recurrent/observer.h"

namespace carousel {

/// Collects what an engine reports between two calls of take(). Safe to call from autograd's threads.
class FlowRecorder : public FlowObserver {
 public:
  std::int64_t begin(const CellFacts& cell, std::int64_t steps) override;
  void gate_mean(LayerId id, std::size_t gate, std::int64_t step, double mean) override;
  void gate_saturation(LayerId id, std::size_t gate, std::int64_t step, Saturation share) override;
  void state_finite(LayerId id, std::int64_t step, bool finite) override;
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
  LayerFlow& layer(LayerId id);

  std::mutex mutex_;
  FlowRecord record_;
  std::int64_t steps_ = 0;
};

}  // namespace carousel
