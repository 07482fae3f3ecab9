#include "recurrent/torch_engine.h"

#include <algorithm>

#include "carousel/torch.h"

namespace carousel {

using torch::Tensor;

namespace {

/// torch's options of a call and what it is given.
struct TorchCall {
  const RecurrentOptions& options;
  const std::vector<Tensor>& weights;
  Tensor rows;                  // [T,B,I] of a padded batch, else [N,I]
  std::optional<Tensor> sizes;  // of a packed one
  double dropout = 0.0;
  bool training = false;

  template <class Function, class State> auto operator()(Function function, const State& state) const {
    const auto& o = options;
    return sizes ? function(rows, *sizes, state, weights, o.bias(), o.num_layers(), dropout, training,
                            o.bidirectional())
                 : function(rows, state, weights, o.bias(), o.num_layers(), dropout, training,
                            o.bidirectional(), /*batch_first=*/false);
  }
};

/// cuDNN's own number of a layer.
std::int64_t cudnn_mode(TorchLayer layer) {
  switch (layer) {
    case TorchLayer::rnn_relu:
      return 0;
    case TorchLayer::rnn_tanh:
      return 1;
    case TorchLayer::lstm:
      return 2;
    case TorchLayer::gru:
      return 3;
  }
  return 2;
}

}  // namespace

void RecurrentBase::flatten_parameters() {
  const auto weights = all_weights();
  const auto layer = torch_layer();
  if (!layer || !weights.front().is_cuda() || !at::cudnn_is_acceptable(weights.front())) return;
  const auto same =
      std::ranges::all_of(weights, [&](const Tensor& weight) { return weight.is_alias_of(weights.front()); });
  if (same && weights.size() > 1) return;
  const torch::NoGradGuard no_grad;
  const auto of_a_layer = static_cast<std::int64_t>(weights.size() / layers().size());
  at::_cudnn_rnn_flatten_weight(weights, of_a_layer, options.input_size(), cudnn_mode(*layer),
                                options.hidden_size(), options.proj_size(), options.num_layers(),
                                /*batch_first=*/false, options.bidirectional());
}

StackResult run_torch_stack(RecurrentBase& module, const PackedBatch& batch,
                            const std::vector<Tensor>& initial) {
  module.flatten_parameters();
  const auto& o = module.options;
  const auto weights = module.all_weights();
  // A padded batch goes the way that torch has made fast, a packed one by its batch sizes.
  const bool padded = std::ranges::all_of(batch.sizes, [&](auto size) { return size == batch.sequences(); });
  const auto rows = dense_rows(batch.data, o.input_size(), weights.front().options());
  // cuDNN keeps what the way back needs only while training; without dropout that is the same pass.
  const TorchCall call{.options = o,
                       .weights = weights,
                       .rows = padded ? rows.view({batch.steps(), batch.sequences(), o.input_size()}) : rows,
                       .sizes = padded ? std::optional<Tensor>() : torch::tensor(batch.sizes),
                       .dropout = module.is_training() ? o.dropout() : 0.0,
                       .training = module.is_training() || torch::GradMode::is_enabled()};
  const auto flat = [&](const Tensor& output) {
    return output.reshape({batch.data.size(0), o.directions() * o.output_size()});
  };
  const auto one_state = [&](auto function) {
    const auto [output, h] = call(function, initial[0]);
    return StackResult{flat(output), {h}};
  };
  switch (*module.torch_layer()) {
    case TorchLayer::lstm: {
      const auto lstm = [](auto&&... arguments) { return torch::lstm(arguments...); };
      const auto [output, h, c] = call(lstm, at::TensorList(initial));
      return {flat(output), {h, c}};
    }
    case TorchLayer::gru:
      return one_state([](auto&&... arguments) { return torch::gru(arguments...); });
    case TorchLayer::rnn_tanh:
      return one_state([](auto&&... arguments) { return torch::rnn_tanh(arguments...); });
    case TorchLayer::rnn_relu:
      return one_state([](auto&&... arguments) { return torch::rnn_relu(arguments...); });
  }
  return {};
}

}  // namespace carousel
