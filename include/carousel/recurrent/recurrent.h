// Recurrent<Cell>: a drop-in for torch::nn::LSTM, GRU and RNN, for any cell.
//
//   carousel::Lstm lstm(torch::nn::LSTMOptions(3, 4).num_layers(2));     // or RecurrentOptions, or (3, 4)
//   auto [output, state] = lstm->forward(x);                             // x [T,B,3] -> output [T,B,4]
//
// Call, return shapes, parameter names and initial weights are torch's.
#pragma once

#include <optional>
#include <tuple>
#include <type_traits>

#include <torch/nn/cloneable.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/common.h>
#include <torch/nn/modules/container/any.h>
#include <torch/nn/pimpl.h>

#include "carousel/cells/cifg_lstm.h"
#include "carousel/cells/cornn.h"
#include "carousel/cells/gru.h"
#include "carousel/cells/indrnn.h"
#include "carousel/cells/irnn.h"
#include "carousel/cells/leaky_rnn.h"
#include "carousel/cells/lstm.h"
#include "carousel/cells/mgu.h"
#include "carousel/cells/min_gru.h"
#include "carousel/cells/min_lstm.h"
#include "carousel/cells/paragru.h"
#include "carousel/cells/paralstm.h"
#include "carousel/cells/peephole_lstm.h"
#include "carousel/cells/rglru.h"
#include "carousel/cells/rnn.h"
#include "carousel/cells/slstm.h"
#include "carousel/cells/sru.h"
#include "carousel/recurrent/fused/fused_engine.h"
#include "carousel/recurrent/layer.h"
#include "carousel/recurrent/recurrent_base.h"

namespace carousel {

/// A cell that is an ordinary torch module (cells/layer_norm_lstm.h shows one).
template <class C>
concept ModuleCell =
    CellWithFacts<C> && std::derived_from<C, torch::nn::Module> &&
    requires(const C cell, torch::Tensor input, States<torch::Tensor, state_count<C>> previous) {
      { cell.project(input) } -> std::same_as<torch::Tensor>;
      { cell.step(input, previous) } -> std::same_as<Stepped<torch::Tensor, state_count<C>, gate_count<C>>>;
      { cell.weights() } -> std::same_as<LayerWeights>;
    };

template <class C>
concept AnyCell = CheckedCell<C> && (ElementwiseCell<C> || ModuleCell<C>);

/// The options of one of torch's modules.
template <class O>
concept TorchOptions = std::same_as<O, torch::nn::LSTMOptions> || std::same_as<O, torch::nn::GRUOptions> ||
                       std::same_as<O, torch::nn::RNNOptions>;

/// The options of the torch module that is the same network as a cell's; none for most cells.
template <class Cell> struct TorchCounterpart {};
template <> struct TorchCounterpart<LstmCell> {
  using Options = torch::nn::LSTMOptions;
};
template <> struct TorchCounterpart<GruCell> {
  using Options = torch::nn::GRUOptions;
};
template <> struct TorchCounterpart<RnnCell> {
  using Options = torch::nn::RNNOptions;
};
template <> struct TorchCounterpart<ReluRnnCell> {
  using Options = torch::nn::RNNOptions;
};

/// torch's own layer that computes what a cell does; nothing for most cells.
template <class Cell> inline constexpr std::optional<TorchLayer> torch_layer_of{};
template <> inline constexpr std::optional<TorchLayer> torch_layer_of<LstmCell>{TorchLayer::lstm};
template <> inline constexpr std::optional<TorchLayer> torch_layer_of<GruCell>{TorchLayer::gru};
template <> inline constexpr std::optional<TorchLayer> torch_layer_of<RnnCell>{TorchLayer::rnn_tanh};
template <> inline constexpr std::optional<TorchLayer> torch_layer_of<ReluRnnCell>{TorchLayer::rnn_relu};
template <> inline constexpr std::optional<TorchLayer> torch_layer_of<IrnnCell>{TorchLayer::rnn_relu};
template <class Cell>
inline constexpr bool has_counterpart = requires { typename TorchCounterpart<Cell>::Options; };

/// Ours from theirs. Throws Error for an RNN's nonlinearity that is not the cell's.
template <class Cell, TorchOptions Options> RecurrentOptions options_from(const Options& given) {
  if constexpr (std::same_as<Options, torch::nn::RNNOptions>) {
    return RecurrentOptions::of(given, std::same_as<Cell, ReluRnnCell>);
  } else {
    return RecurrentOptions(given);
  }
}

template <AnyCell Cell> class RecurrentImpl : public RecurrentBase {
 public:
  static constexpr std::size_t S = state_count<Cell>;

  /// One state: a tensor [L D, B, H], as torch's GRU and RNN. Several: a tuple of them, as torch's LSTM (h, c).
  using State = std::conditional_t<S == 1, torch::Tensor,
                                   decltype(std::tuple_cat(std::array<torch::Tensor, S == 1 ? 0 : S>{}))>;

  RecurrentImpl(std::int64_t input_size, std::int64_t hidden_size)
      : RecurrentImpl(RecurrentOptions(input_size, hidden_size)) {}
  explicit RecurrentImpl(const RecurrentOptions& given);

  /// Lstm takes torch's LSTMOptions, Gru its GRUOptions, Rnn and ReluRnn its RNNOptions of their nonlinearity
  /// (else throws Error); those of another module do not compile. A cell that torch has not takes all three.
  template <TorchOptions Options>
    requires std::same_as<Options, typename TorchCounterpart<Cell>::Options>
  explicit RecurrentImpl(const Options& given) : RecurrentImpl(options_from<Cell>(given)) {}
  template <TorchOptions Options>
    requires(has_counterpart<Cell> && !std::same_as<Options, typename TorchCounterpart<Cell>::Options>)
  explicit RecurrentImpl(const Options& given) = delete;

  /// Without weights: what the parameters hold is undefined. For a copy that is about to be given them.
  struct Undrawn {};
  RecurrentImpl(const RecurrentOptions& given, Undrawn);

  /// input [T,B,I] (or [B,T,I] with batch_first), state [L D, B, H] or zeros -> (output [T,B,D H], last
  /// state). Whole numbers [T,B] are class numbers, each standing for its one-hot row. Throws Error when a
  /// shape, dtype or device does not fit. An operation in place on the output, such as relu_(), is refused by
  /// autograd on the fused engine, whose backward pass reads h from it: write y.relu(). Before the steps that `resets` marks,
  /// bool [T,B] (or [B,T]), a sequence begins anew: from zeros, or from its learned start.
  std::tuple<torch::Tensor, State> forward(const torch::Tensor& input, std::optional<State> state = {},
                                           torch::Tensor resets = {}) {
    auto [output, last] = run_padded(input, unpack(state), resets);
    return {std::move(output), pack(last)};
  }

  /// The same for sequences of different lengths; states are in the order of the unsorted sequences, `resets` in that of
  /// the packed rows.
  std::tuple<torch::nn::utils::rnn::PackedSequence, State> forward_with_packed_input(
      const torch::nn::utils::rnn::PackedSequence& packed, std::optional<State> state = {},
      const torch::Tensor& resets = {}) {
    auto [output, last] = run_packed(packed, unpack(state), resets);
    return {std::move(output), pack(last)};
  }

  EngineChoice engine_choice() const override;
  const fused::FusedCell* kernels() const override;
  std::optional<TorchLayer> torch_layer() const override { return torch_layer_of<Cell>; }
  const UnitStep* unit_step() const override;
  LayerSteps layer_steps(LayerId id) const override;
  LayerWeights weights(LayerId id) const override;
  void reset_parameters() override;

  /// A deep copy: parameters, buffers and modes, nobody listening; nothing is drawn from a generator. A cell
  /// that is a module is built anew and given its tensors; one that is torch::nn::Cloneable clones itself.
  std::shared_ptr<torch::nn::Module> clone(
      const std::optional<torch::Device>& device = std::nullopt) const override;

 protected:
  /// Makes `copy`, built from the same options, a clone of this module.
  void clone_into(RecurrentImpl& copy, const std::optional<torch::Device>& device) const;

  FORWARD_HAS_DEFAULT_ARGS({1, torch::nn::AnyValue(std::optional<State>())},
                           {2, torch::nn::AnyValue(torch::Tensor())})

  LayerRun run_layer(const LayerCall& call, const PackedBatch& batch,
                     const std::vector<torch::Tensor>& initial) const override;

 private:
  friend struct torch::nn::AnyModuleHolder<RecurrentImpl, torch::Tensor, std::optional<State>, torch::Tensor>;

  /// How a torch::nn::Cloneable that holds this module copies it: by this name, not by clone().
  void clone_(torch::nn::Module& other, const std::optional<torch::Device>& device) override;

  static fused::LayerOutput run_by_step(const LayerCall& call, const PackedBatch& batch,
                                        const LayerWeights& weights,
                                        const std::vector<torch::Tensor>& initial)
    requires ElementwiseCell<Cell>;
  static std::vector<torch::Tensor> unpack(const std::optional<State>& state);
  static State pack(const std::vector<torch::Tensor>& states);

  // An elementwise cell's tensors, or a module cell for each layer and direction; torch's order.
  std::vector<std::conditional_t<ElementwiseCell<Cell>, LayerWeights, std::shared_ptr<Cell>>> layers_;
};

/// The module holder: use it like torch::nn::LSTM. It is a value that shares its module when copied.
template <AnyCell Cell> class Recurrent : public torch::nn::ModuleHolder<RecurrentImpl<Cell>> {
 public:
  using torch::nn::ModuleHolder<RecurrentImpl<Cell>>::ModuleHolder;
  using Impl = RecurrentImpl<Cell>;
};

template <class Cell> struct RecurrentFactory;

/// What a CellRegistry keeps of a cell.
template <AnyCell Cell> struct RecurrentFactory<Cell> {
  std::shared_ptr<RecurrentBase> operator()(const RecurrentOptions& options) const {
    return std::make_shared<RecurrentImpl<Cell>>(options);
  }
};

using Rnn = Recurrent<RnnCell>;
using ReluRnn = Recurrent<ReluRnnCell>;
using Lstm = Recurrent<LstmCell>;
using Gru = Recurrent<GruCell>;
using PeepholeLstm = Recurrent<PeepholeLstmCell>;
using CifgLstm = Recurrent<CifgLstmCell>;
using Slstm = Recurrent<SlstmCell>;
using Mgu = Recurrent<MguCell>;
using Irnn = Recurrent<IrnnCell>;
using LeakyRnn = Recurrent<LeakyRnnCell>;
using MinGru = Recurrent<MinGruCell>;
using MinLstm = Recurrent<MinLstmCell>;
using Sru = Recurrent<SruCell>;
using IndRnn = Recurrent<IndRnnCell>;
using ParaGru = Recurrent<ParaGruCell>;
using ParaLstm = Recurrent<ParaLstmCell>;
using RgLru = Recurrent<RgLruCell>;
using Cornn = Recurrent<CornnCell>;

}  // namespace carousel

#include "carousel/recurrent/recurrent_impl.h"
#include "carousel/recurrent/recurrent_run.h"
