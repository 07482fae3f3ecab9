// A cell whose step is not elementwise: an ordinary torch module with `project` and `step`.
//
// Any class of this form can be given to Recurrent<>: it has a cell's facts, a constructor (input size,
// hidden size, bias), project(x) for the whole sequence at once, and step(projected, previous) for one time
// step. It runs on the loop engine, and gets layers, directions, packed input, training and recording like
// every other cell.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include "carousel/cells/cell.h"
#include "carousel/cells/layer_weights.h"

namespace carousel {

/// LSTM with layer normalisation (Ba, Kiros & Hinton 2016, "Layer Normalization", their equations 20 to 22).
///
///   i, f, o, g = sigmoid/tanh(LN(W_ih x) + LN(W_hh h) + b)    c' = f c + i g    h' = o tanh(LN(c'))
///
/// LN normalises over all 4H pre-activations, or over the H cells, with a learned gain; the one for c' has a
/// learned shift too.
class LayerNormLstmCell : public torch::nn::Module {
 public:
  static constexpr const char* name = "layer-norm-lstm";
  static constexpr std::array gates{"input", "forget", "cell", "output"};
  static constexpr std::array activations{Activation::sigmoid, Activation::sigmoid, Activation::tanh,
                                          Activation::sigmoid};
  static constexpr std::array states{"h", "c"};
  static constexpr const char* keep_gate = "forget";
  static constexpr const char* write_gate = "input";

  LayerNormLstmCell(std::int64_t input_size, std::int64_t hidden_size, bool bias);

  /// LN(W_ih x) + b for every row of x: [N, I] -> [N, 4H].
  torch::Tensor project(const torch::Tensor& input) const;

  /// One step: projected [B, 4H], previous h and c [B, H] each.
  Stepped<torch::Tensor, 2, 4> step(const torch::Tensor& projected,
                                    const States<torch::Tensor, 2>& previous) const;

  /// Uniform in +-1/sqrt(H) for matrices and bias; gains 1, shift 0.
  void reset_parameters();

  LayerWeights weights() const;

 private:
  std::int64_t hidden_size_;
  torch::Tensor weight_ih_, weight_hh_, bias_;
  torch::Tensor gain_ih_, gain_hh_, gain_c_, shift_c_;
};

}  // namespace carousel
