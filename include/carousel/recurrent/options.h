// The options of a recurrent module: torch's names, so that a torch options object can be given in their place.
#pragma once

#include <cstdint>
#include <optional>

#include <torch/nn/options/rnn.h>

#include "carousel/cells/recurrence.h"
#include "carousel/recurrent/engine.h"
#include "carousel/recurrent/noise.h"

namespace carousel {

/// I = input_size, H = hidden_size. Filled fluently as in torch: RecurrentOptions(3,
/// 4).num_layers(2).dropout(0.2). A torch::nn::LSTMOptions, GRUOptions or RNNOptions converts by itself; an RNN's nonlinearity
/// kReLU is refused here with an Error that says which module has it.
struct RecurrentOptions {
  RecurrentOptions(std::int64_t input_size, std::int64_t hidden_size);
  RecurrentOptions(const torch::nn::LSTMOptions& options);  // NOLINT: the conversion is the migration path
  RecurrentOptions(const torch::nn::GRUOptions& options);   // NOLINT
  RecurrentOptions(const torch::nn::RNNOptions& options);   // NOLINT

  /// An RNN's options for the cell with a rectifier (relu), or with tanh. Throws Error for the other nonlinearity.
  static RecurrentOptions of(const torch::nn::RNNOptions& options, bool relu);

  /// Number of features of the input.
  TORCH_ARG(int64_t, input_size);
  /// Number of units of each layer and direction.
  TORCH_ARG(int64_t, hidden_size);
  /// Layers stacked on each other.
  TORCH_ARG(int64_t, num_layers) = 1;
  /// Whether there are bias vectors.
  TORCH_ARG(bool, bias) = true;
  /// Whether input and output are [B, T, .] instead of [T, B, .]. States are [L D, B, H] in both cases, as in torch.
  TORCH_ARG(bool, batch_first) = false;
  /// Probability with which an output of every layer but the last is dropped while training.
  TORCH_ARG(double, dropout) = 0.0;
  /// Whether a second set of weights runs backwards over time; the outputs are concatenated.
  TORCH_ARG(bool, bidirectional) = false;
  /// What runs an elementwise cell. A cell that is a module always runs on the loop engine.
  TORCH_ARG(Engine, engine) = Engine::automatic;
  /// For very long sequences: the fused engine keeps the states of every sqrt(T)-th step only and computes
  /// the steps between again on the way back. A third more arithmetic; memory grows with sqrt(T) instead of T.
  TORCH_ARG(bool, save_memory) = false;
  /// The shape of the recurrent matrix, of any cell with an elementwise step; what the cell says unless given.
  TORCH_ARG(std::optional<Recurrence>, recurrence) = std::nullopt;
  /// Whether the states before the first step are parameters: start_h_l0 [H] and so on, one of each state, layer and
  /// direction. They begin as zeros, which is what they stand for otherwise, and no draw of a seed changes.
  TORCH_ARG(bool, learn_start) = false;
  /// torch's proj_size, P: 0, or how many numbers below hidden_size h is projected to, by weight_hr [P, H]. Of cells with an
  /// elementwise step that does not read h itself, such as the LSTMs, and a full recurrence. Output and h are [., P], the other
  /// states [., H]. What is recorded of h is what is projected; such a module is not streamed, analysed or exported as ONNX.
  TORCH_ARG(int64_t, proj_size) = 0;
  /// What is dropped inside the recurrence while training; nothing unless said.
  TORCH_ARG(Noise, noise) = {};

 public:
  /// 2 when bidirectional, else 1.
  std::int64_t directions() const { return bidirectional() ? 2 : 1; }

  /// Numbers of h: P when it is projected, else H.
  std::int64_t output_size() const { return proj_size() > 0 ? proj_size() : hidden_size(); }

  /// Throws Error for a size below 1 or a dropout outside [0, 1).
  void check() const;
};

}  // namespace carousel
