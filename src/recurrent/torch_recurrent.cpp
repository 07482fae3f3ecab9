#include "carousel/recurrent/torch_recurrent.h"

#include <algorithm>

#include <fmt/format.h>

#include "carousel/error.h"

namespace carousel {

using torch::Tensor;

template <ElementwiseCell Cell> EngineChoice TorchRecurrentImpl<Cell>::engine_choice() const {
  this->refuse_other_recurrence("torch's own layer has no other");
  this->refuse_noise("torch's own layer is closed");
  return choose_engine(this->options.engine(), this->facts(), "it is torch's own, run inside its layer", {});
}

template <ElementwiseCell Cell>
std::shared_ptr<torch::nn::Module> TorchRecurrentImpl<Cell>::clone(
    const std::optional<torch::Device>& device) const {
  auto copy = std::make_shared<TorchRecurrentImpl>(this->options, typename TorchRecurrentImpl::Undrawn{});
  this->clone_into(*copy, device);
  return copy;
}

template <ElementwiseCell Cell>
StackResult TorchRecurrentImpl<Cell>::run_stack(const PackedBatch& batch,
                                                const std::vector<Tensor>& initial) {
  if (batch.resets.defined()) {
    throw Error(
        fmt::format("torch's own {} cannot begin anew inside a sequence: use the cell {}, or run the pieces",
                    this->facts().name, this->facts().name));
  }
  if (batch.steps() == 0) return RecurrentImpl<Cell>::run_stack(batch, initial);  // which torch refuses
  const auto states = initial.empty() ? this->start(batch.sequences()) : initial;
  const auto weights = this->all_weights();
  const auto& o = this->options;
  // A padded batch goes the way that torch has made fast, a packed one by its batch sizes.
  const bool padded = std::ranges::all_of(batch.sizes, [&](auto size) { return size == batch.sequences(); });
  const auto rows = dense_rows(batch.data, o.input_size(), weights.front().options());
  const auto data = padded ? rows.view({batch.steps(), batch.sequences(), o.input_size()}) : rows;
  const auto sizes = torch::tensor(batch.sizes);
  const auto call = [&](auto torch_function, const auto& state) {
    return padded ? torch_function(data, state, weights, o.bias(), o.num_layers(), o.dropout(),
                                   this->is_training(), o.bidirectional(), false)
                  : torch_function(data, sizes, state, weights, o.bias(), o.num_layers(), o.dropout(),
                                   this->is_training(), o.bidirectional());
  };
  const auto one_state = [&](auto torch_function) {
    const auto [output, h] = call(torch_function, states[0]);
    return StackResult{output.reshape({batch.data.size(0), o.directions() * o.output_size()}), {h}};
  };
  if constexpr (std::is_same_v<Cell, LstmCell>) {
    const auto lstm = [](auto&&... arguments) { return torch::lstm(arguments...); };
    const auto [output, h, c] = call(lstm, at::TensorList(states));
    return {output.reshape({batch.data.size(0), o.directions() * o.output_size()}), {h, c}};
  } else if constexpr (std::is_same_v<Cell, GruCell>) {
    return one_state([](auto&&... arguments) { return torch::gru(arguments...); });
  } else if constexpr (std::is_same_v<Cell, RnnCell>) {
    return one_state([](auto&&... arguments) { return torch::rnn_tanh(arguments...); });
  } else {
    return one_state([](auto&&... arguments) { return torch::rnn_relu(arguments...); });
  }
}

template class TorchRecurrentImpl<LstmCell>;
template class TorchRecurrentImpl<GruCell>;
template class TorchRecurrentImpl<RnnCell>;
template class TorchRecurrentImpl<ReluRnnCell>;

}  // namespace carousel
