// What every recurrent module is, whatever its cell: parameters, layers, directions, dropout and packing.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <torch/nn/module.h>
#include <torch/nn/utils/rnn.h>

#include "carousel/cells/cell.h"
#include "carousel/cells/layer_weights.h"
#include "carousel/recurrent/fused/fused_engine.h"
#include "carousel/recurrent/layer_steps.h"
#include "carousel/recurrent/loop_engine.h"
#include "carousel/recurrent/observer.h"
#include "carousel/recurrent/options.h"
#include "carousel/recurrent/packed_batch.h"

namespace carousel {

struct UnitStep;

/// torch's own layers, in the order of the functions torch::lstm, gru, rnn_tanh and rnn_relu.
enum class TorchLayer { lstm, gru, rnn_tanh, rnn_relu };

/// What a stack makes of a batch.
struct StackResult {
  torch::Tensor output;               ///< last layer's h, [sum of sizes, D H], in the batch's order
  std::vector<torch::Tensor> states;  ///< the cell's S states, [L D, B, H] each
};

/// A stack of L layers with D directions of one cell.
///
///   x [T,B,I] -> layer 0 -> dropout -> layer 1 -> ... -> y [T,B,D H]      states [L D, B, H] in and out
///
/// Parameters carry torch's names: weight_ih_l0, weight_hh_l0_reverse, bias_ih_l1, weight_hr_l0, ...; a cell's learned
/// vectors are named likewise (weight_ci_l0), learned initial states too (start_h_l0), and a cell that is a module is the
/// submodule cell_l0, cell_l0_reverse, ... The templated part, Recurrent<Cell>, only adds how one layer is run.
class RecurrentBase : public torch::nn::Module {
 public:
  const CellFacts& facts() const { return facts_; }

  /// Runs the stack. `initial` holds S tensors [L D, B, H], or is empty for start(B). This is the one door: it
  /// throws Error when sizes, input, states or parameters do not fit each other in shape, dtype or device, when
  /// a class is out of range, and when options.engine() cannot be. What lies behind it is not checked again. With
  /// batch.resets the states are start(B) again before the marked rows' steps, and the gradient ends there.
  StackResult run(const PackedBatch& batch, const std::vector<torch::Tensor>& initial);

  /// The same for torch's packed sequences; states are in the order of the unsorted sequences. Throws Error
  /// also when the batch sizes are not whole numbers, or the indices not a permutation of the sequences.
  std::pair<torch::nn::utils::rnn::PackedSequence, std::vector<torch::Tensor>> run_packed(
      const torch::nn::utils::rnn::PackedSequence& packed, std::vector<torch::Tensor> initial,
      const torch::Tensor& resets = {});

  /// The same for a padded tensor, [T,B,I] or [B,T,I] with batch_first; or for class numbers [T,B] or [B,T], a
  /// tensor of whole numbers. Other tensors of 2 dimensions are refused (torch takes them for one sequence). `resets` are
  /// bool, [T,B] or [B,T]; undefined for none.
  std::pair<torch::Tensor, std::vector<torch::Tensor>> run_padded(const torch::Tensor& input,
                                                                  const std::vector<torch::Tensor>& initial,
                                                                  const torch::Tensor& resets = {});

  /// Which engine the next forward pass runs on. Throws Error when options.engine() asks for one that cannot be.
  virtual EngineChoice engine_choice() const = 0;

  /// The kernels that the fused engine derived from the cell; null when there are none.
  virtual const fused::FusedCell* kernels() const { return nullptr; }

  /// torch's own layer that computes what this cell does; nothing for most cells.
  virtual std::optional<TorchLayer> torch_layer() const { return {}; }

  /// One step of a unit with its derivatives, from the cell's step (cells/unit_step.h); null for a cell whose
  /// step is not elementwise or says fused = false.
  virtual const UnitStep* unit_step() const { return nullptr; }

  /// The time steps of one layer and direction one at a time, for analysis; nothing is reported to an observer.
  virtual LayerSteps layer_steps(LayerId id) const = 0;

  /// The tensors of one layer and direction; they are the parameters themselves, not copies.
  virtual LayerWeights weights(LayerId id) const = 0;

  /// All layers and directions in torch's order: l0, l0_reverse, l1, ...
  std::vector<LayerId> layers() const;

  /// The states before the first step where none are given: S tensors [L D, B, H], zeros or what is learned.
  std::vector<torch::Tensor> start(std::int64_t sequences) const;

  /// Every weight from U(-1/sqrt(H), 1/sqrt(H)), drawn in the order of all_weights(), as torch does: the
  /// same seed gives torch's weights. A cell that says vector_starts or identity_start then starts so. Learned
  /// initial states become zeros.
  virtual void reset_parameters();

  /// Throws Error unless every parameter has the shape that the options say, and all have one dtype and device:
  /// a parameter may have been replaced. A cell that is a module looks after its own.
  void check_parameters() const;

  /// From now on every forward pass reports to `observer`; null stops it. Whoever listens besides (listening.h)
  /// goes on listening.
  void observe(std::shared_ptr<FlowObserver> observer) { observer_ = std::move(observer); }
  const std::shared_ptr<FlowObserver>& observer() const { return observer_; }
  /// Whether the next forward pass reports to `observer`, by observe() or while a Listening lives.
  bool reports_to(const std::shared_ptr<FlowObserver>& observer) const;

  /// The weights of all layers and directions, as torch::nn::LSTM::all_weights(): the parameters without learned initial
  /// states.
  std::vector<torch::Tensor> all_weights() const;

  /// As torch's modules: on CUDA the weights become views of one block of memory, which is how cuDNN reads them. The
  /// engine does so by itself before the first call that needs it. Nothing happens for a cell or device without cuDNN.
  void flatten_parameters();

  void pretty_print(std::ostream& stream) const override;

  RecurrentOptions options;

 protected:
  RecurrentBase(RecurrentOptions options, const CellFacts& facts);

  /// What run() does with what it has checked; class numbers are int64 here.
  virtual StackResult run_stack(const PackedBatch& batch, const std::vector<torch::Tensor>& initial);

  using LayerRun = fused::LayerOutput;
  /// Runs one layer and direction; `initial` is empty for zeros. The resets are those that this direction meets.
  virtual LayerRun run_layer(const LayerCall& call, const PackedBatch& batch,
                             const std::vector<torch::Tensor>& initial) const = 0;

  /// Makes the parameters of a layer and direction of a cell with an elementwise step, undrawn.
  LayerWeights register_weights(LayerId id);

  std::int64_t input_size(std::int64_t layer) const;
  std::int64_t state_size(std::size_t state) const;  ///< numbers of a state: P of a projected h, else H
  std::size_t index(LayerId id) const;
  static std::string suffix(LayerId id);
  static std::string start_name(const char* state, LayerId id);

  void reset_start();

  /// The engine for this module as it is; `kernel_obstacle` says why it has no kernels, null when it has.
  EngineChoice choose_engine(const char* kernel_obstacle) const;

  /// Throws Error with the reason unless the recurrence is full.
  void refuse_other_recurrence(const char* reason) const;
  /// Throws Error where h is projected and the cell, its recurrence or its noise cannot be; `reason` is the cell's own, or null.
  void check_projection(const char* reason) const;

 private:
  friend class Listening;
  friend class NoiseHeld;

  /// What a call draws its masks from.
  struct NoiseSource {
    std::uint64_t seed = 0;
    std::int64_t first_step = 0;
  };
  NoiseSource next_noise(std::int64_t steps);
  LayerCall call_of(FlowTap tap, const NoiseSource& source) const;

  /// What a run begins with: the states given, else those learned, else none, which is zeros.
  std::vector<torch::Tensor> initial_or_learned(std::int64_t sequences,
                                                const std::vector<torch::Tensor>& given) const;
  /// Of each state the learned ones of all layers and directions, [H] each.
  std::vector<std::vector<torch::Tensor>> learned_start() const;

  /// The batch, with int64 class numbers; throws Error as run() says. With 0 steps the number of sequences
  /// cannot be told from the batch.
  PackedBatch checked(PackedBatch batch, std::int64_t sequences,
                      const std::vector<torch::Tensor>& initial) const;
  void check_rows(const torch::Tensor& rows) const;
  /// Resets [T,B], or [B,T] with batch_first, as rows.
  torch::Tensor time_major_resets(const torch::Tensor& resets, std::int64_t steps,
                                  std::int64_t sequences) const;
  void check_states(std::int64_t sequences, const std::vector<torch::Tensor>& initial) const;
  void check_type(const std::string& what, const torch::Tensor& tensor) const;

  CellFacts facts_;
  std::optional<NoiseSource> held_noise_;
  std::shared_ptr<FlowObserver> observer_;
  std::vector<std::shared_ptr<FlowObserver>> listeners_;  // besides observer_
};

/// While it lives, all calls of a module draw from one seed, with steps that go on: the segments of one sequence.
class NoiseHeld {
 public:
  explicit NoiseHeld(RecurrentBase& module);
  ~NoiseHeld() { module_.held_noise_.reset(); }
  NoiseHeld(const NoiseHeld&) = delete;
  NoiseHeld& operator=(const NoiseHeld&) = delete;

 private:
  RecurrentBase& module_;
};

}  // namespace carousel
