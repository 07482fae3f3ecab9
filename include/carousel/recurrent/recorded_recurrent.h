// RecordedRecurrent: what Recurrent<Cell> is, of a cell whose type is not there (recurrent/load_cell.h).
//
//   const auto janet = carousel::load_cell("janet.h");
//   carousel::RecordedRecurrent layer(janet.cell, carousel::RecurrentOptions(3, 64).num_layers(2));
//   auto [output, states] = layer->forward(x);                    // x [T,B,3] -> [T,B,64], and S states [2,B,64]
#pragma once

#include <torch/nn/pimpl.h>

#include "carousel/recurrent/recorded_cell.h"
#include "carousel/recurrent/recurrent_base.h"

namespace carousel {

/// Parameters, engines, recording and analysis are those of any other recurrent module.
class RecordedRecurrentImpl : public RecurrentBase {
 public:
  RecordedRecurrentImpl(const RecordedCell& cell, const RecurrentOptions& options);

  /// Without weights: what the parameters hold is undefined. For a copy that is about to be given them.
  struct Undrawn {};
  RecordedRecurrentImpl(const RecordedCell& cell, const RecurrentOptions& options, Undrawn);

  /// As RecurrentImpl::forward, with the states as S tensors [L D, B, H], or none for zeros.
  std::pair<torch::Tensor, std::vector<torch::Tensor>> forward(const torch::Tensor& input,
                                                               const std::vector<torch::Tensor>& states = {},
                                                               const torch::Tensor& resets = {}) {
    return run_padded(input, states, resets);
  }
  std::pair<torch::nn::utils::rnn::PackedSequence, std::vector<torch::Tensor>> forward_with_packed_input(
      const torch::nn::utils::rnn::PackedSequence& packed, const std::vector<torch::Tensor>& states = {},
      const torch::Tensor& resets = {}) {
    return run_packed(packed, states, resets);
  }

  EngineChoice engine_choice() const override;
  const fused::FusedCell* kernels() const override { return &cell_.kernels(); }
  const UnitStep* unit_step() const override { return &cell_.readings->unit_step; }
  LayerSteps layer_steps(LayerId id) const override;
  LayerWeights weights(LayerId id) const override { return layers_.at(index(id)); }

  /// A deep copy, as RecurrentImpl::clone makes it.
  std::shared_ptr<torch::nn::Module> clone(
      const std::optional<torch::Device>& device = std::nullopt) const override;

 protected:
  LayerRun run_layer(const LayerCall& call, const PackedBatch& batch,
                     const std::vector<torch::Tensor>& initial) const override;

 private:
  void clone_(torch::nn::Module& other, const std::optional<torch::Device>& device) override;

  RecordedCell cell_;
  std::vector<LayerWeights> layers_;
};

TORCH_MODULE(RecordedRecurrent);

}  // namespace carousel
