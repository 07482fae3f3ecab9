// torch's own LSTM, GRU and RNN behind our interface: the reference that results can be held against.
//
// Parameters have the same names, order and initial values as Recurrent<Cell>, so a checkpoint of one loads
// into the other. What happens inside a time step is closed: an observer is told nothing.
#pragma once

#include "carousel/recurrent/recurrent.h"

namespace carousel {

/// Recurrent<Cell> run by torch::lstm, gru, rnn_tanh or rnn_relu; for LstmCell, GruCell, RnnCell and ReluRnnCell.
template <ElementwiseCell Cell> class TorchRecurrentImpl : public RecurrentImpl<Cell> {
 public:
  using RecurrentImpl<Cell>::RecurrentImpl;

  /// Throws Error for a recurrence that is not full, which torch has not.
  EngineChoice engine_choice() const override;
  std::shared_ptr<torch::nn::Module> clone(
      const std::optional<torch::Device>& device = std::nullopt) const override;

 protected:
  StackResult run_stack(const PackedBatch& batch, const std::vector<torch::Tensor>& initial) override;
};

extern template class TorchRecurrentImpl<LstmCell>;
extern template class TorchRecurrentImpl<GruCell>;
extern template class TorchRecurrentImpl<RnnCell>;
extern template class TorchRecurrentImpl<ReluRnnCell>;

}  // namespace carousel
