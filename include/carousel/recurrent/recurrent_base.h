// What every recurrent module is, whatever its cell: parameters, layers, directions, dropout and packing.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <torch/nn/module.h>
#include <torch/nn/utils/rnn.h>

#include "carousel/cells/cell.h"
#include "carousel/cells/layer_weights.h"
#include "carousel/recurrent/layer_steps.h"
#include "carousel/recurrent/loop_engine.h"
#include "carousel/recurrent/observer.h"
#include "carousel/recurrent/options.h"
#include "carousel/recurrent/packed_batch.h"

namespace carousel {

namespace fused {
struct FusedCell;
}
struct UnitStep;

/// What a stack makes of a batch.
struct StackResult {
  torch::Tensor output;               ///< last layer's h, [sum of sizes, D H], in the batch's order
  std::vector<torch::Tensor> states;  ///< the cell's S states, [L D, B, H] each
};

/// A stack of L layers with D directions of one cell.
///
///   x [T,B,I] -> layer 0 -> dropout -> layer 1 -> ... -> y [T,B,D H]      states [L D, B, H] in and out
///
/// Parameters carry torch's names: weight_ih_l0, weight_hh_l0_reverse, bias_ih_l1, ...; a cell's learned
/// vectors are named likewise (weight_ci_l0), and a cell that is a module is the submodule cell_l0,
/// cell_l0_reverse, ... The templated part, Recurrent<Cell>, only adds how one layer is run.
class RecurrentBase : public torch::nn::Module {
 public:
  const CellFacts& facts() const { return facts_; }

  /// Runs the stack. `initial` holds S tensors [L D, B, H], or is empty for zeros.
  /// Throws Error when a shape does not fit or a class is out of range.
  virtual StackResult run(const PackedBatch& batch, const std::vector<torch::Tensor>& initial);

  /// The same for torch's packed sequences; states are in the order of the unsorted sequences.
  std::pair<torch::nn::utils::rnn::PackedSequence, std::vector<torch::Tensor>> run_packed(
      const torch::nn::utils::rnn::PackedSequence& packed, std::vector<torch::Tensor> initial);

  /// The same for a padded tensor, [T,B,I] or [B,T,I] with batch_first.
  std::pair<torch::Tensor, std::vector<torch::Tensor>> run_padded(const torch::Tensor& input,
                                                                  const std::vector<torch::Tensor>& initial);

  /// Which engine the next forward pass runs on. Throws Error when options.engine() asks for the fused engine
  /// and it cannot be.
  virtual EngineChoice engine_choice() const = 0;

  /// The kernels that the fused engine derived from the cell; null when there are none.
  virtual const fused::FusedCell* kernels() const { return nullptr; }

  /// One step of a unit with its derivatives, from the cell's step (cells/unit_step.h); null for a cell whose
  /// step is not elementwise or says fused = false.
  virtual const UnitStep* unit_step() const { return nullptr; }

  /// The time steps of one layer and direction one at a time, for analysis; nothing is reported to an observer.
  virtual LayerSteps layer_steps(LayerId id) const = 0;

  /// The tensors of one layer and direction; they are the parameters themselves, not copies.
  virtual LayerWeights weights(LayerId id) const = 0;

  /// All layers and directions in torch's order: l0, l0_reverse, l1, ...
  std::vector<LayerId> layers() const;

  /// Every parameter from U(-1/sqrt(H), 1/sqrt(H)), drawn in the order of parameters(), as torch does: the
  /// same seed gives torch's weights. A cell that says identity_start then starts as the identity.
  virtual void reset_parameters();

  /// From now on every forward pass reports to `observer`; null stops it.
  void observe(std::shared_ptr<FlowObserver> observer) { observer_ = std::move(observer); }
  const std::shared_ptr<FlowObserver>& observer() const { return observer_; }

  /// The parameters of all layers and directions, as torch::nn::LSTM::all_weights().
  std::vector<torch::Tensor> all_weights() const { return parameters(); }

  /// Nothing to do here; kept so that programs written for torch's modules compile.
  void flatten_parameters() {}

  void pretty_print(std::ostream& stream) const override;

  RecurrentOptions options;

 protected:
  RecurrentBase(RecurrentOptions options, const CellFacts& facts);

  struct LayerRun {
    torch::Tensor output;             ///< [sum of sizes, H]
    std::vector<torch::Tensor> last;  ///< S tensors [B, H]
  };
  /// Runs one layer and direction; `initial` is empty for zeros.
  virtual LayerRun run_layer(const FlowTap& tap, const PackedBatch& batch,
                             const std::vector<torch::Tensor>& initial) const = 0;

  std::int64_t input_size(std::int64_t layer) const;
  std::size_t index(LayerId id) const;
  static std::string suffix(LayerId id);

  /// The initial states that a run begins with: those given, when their shapes fit, else zeros.
  std::vector<torch::Tensor> checked_states(const PackedBatch& batch,
                                            const std::vector<torch::Tensor>& given) const;

 private:
  void check_rows(const torch::Tensor& rows) const;
  void check(const PackedBatch& batch, const std::vector<torch::Tensor>& initial) const;

  /// The result for an input of 0 steps: no output, and the state it began with.
  std::pair<torch::Tensor, std::vector<torch::Tensor>> nothing_read(
      const torch::Tensor& time_major, const std::vector<torch::Tensor>& initial) const;

  CellFacts facts_;
  std::shared_ptr<FlowObserver> observer_;
};

/// The engine for a cell: `obstacle` says why it has no kernels, null when it has; `weight` is one of its
/// weights. Throws Error when `wanted` is the fused engine and it cannot be.
EngineChoice choose_engine(Engine wanted, const CellFacts& cell, const char* obstacle,
                           const torch::Tensor& weight);

}  // namespace carousel
