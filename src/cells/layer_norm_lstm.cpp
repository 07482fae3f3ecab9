#include "carousel/cells/layer_norm_lstm.h"

#include <cmath>

#include <torch/nn/init.h>

namespace carousel {

LayerNormLstmCell::LayerNormLstmCell(std::int64_t input_size, std::int64_t hidden_size, bool bias)
    : hidden_size_(hidden_size) {
  const std::int64_t rows = 4 * hidden_size;
  weight_ih_ = register_parameter("weight_ih", torch::empty({rows, input_size}));
  weight_hh_ = register_parameter("weight_hh", torch::empty({rows, hidden_size}));
  if (bias) bias_ = register_parameter("bias_ih", torch::empty({rows}));
  gain_ih_ = register_parameter("gain_ih", torch::empty({rows}));
  gain_hh_ = register_parameter("gain_hh", torch::empty({rows}));
  gain_c_ = register_parameter("gain_c", torch::empty({hidden_size}));
  shift_c_ = register_parameter("shift_c", torch::empty({hidden_size}));
  reset_parameters();
}

void LayerNormLstmCell::reset_parameters() {
  const double bound = 1.0 / std::sqrt(static_cast<double>(hidden_size_));
  torch::nn::init::uniform_(weight_ih_, -bound, bound);
  torch::nn::init::uniform_(weight_hh_, -bound, bound);
  if (bias_.defined()) torch::nn::init::uniform_(bias_, -bound, bound);
  for (auto* gain : {&gain_ih_, &gain_hh_, &gain_c_}) torch::nn::init::ones_(*gain);
  torch::nn::init::zeros_(shift_c_);
}

torch::Tensor LayerNormLstmCell::project(const torch::Tensor& input) const {
  return torch::layer_norm(torch::linear(input, weight_ih_), {4 * hidden_size_}, gain_ih_, bias_);
}

Stepped<torch::Tensor, 2, 4> LayerNormLstmCell::step(const torch::Tensor& projected,
                                                     const States<torch::Tensor, 2>& previous) const {
  const auto recurrent =
      torch::layer_norm(torch::linear(previous[0], weight_hh_), {4 * hidden_size_}, gain_hh_);
  const auto pre = (projected + recurrent).chunk(4, 1);
  const auto i = pre[0].sigmoid(), f = pre[1].sigmoid(), g = pre[2].tanh(), o = pre[3].sigmoid();
  const auto c = f * previous[1] + i * g;
  const auto h = o * torch::layer_norm(c, {hidden_size_}, gain_c_, shift_c_).tanh();
  return Stepped{States<torch::Tensor, 2>{h, c}, Gates<torch::Tensor, 4>{i, f, g, o}};
}

LayerWeights LayerNormLstmCell::weights() const {
  return {.weight_ih = weight_ih_, .weight_hh = weight_hh_, .bias_ih = bias_, .bias_hh = {}, .vectors = {}};
}

}  // namespace carousel
