#include "carousel/recurrent/loop_noise.h"

#include "carousel/torch.h"

namespace carousel {

using torch::Tensor;

namespace {

/// [rows, units], filled row by row on the CPU in float or double, as a tensor of the type asked for.
template <class Fill>
Tensor filled(std::int64_t rows, std::int64_t units, const torch::TensorOptions& options, Fill fill) {
  const bool wide = c10::typeMetaToScalarType(options.dtype()) == torch::kDouble;
  const auto made = torch::empty({rows, units}, wide ? torch::kDouble : torch::kFloat);
  for (std::int64_t row = 0; row < rows; ++row) {
    if (wide) {
      fill(row, made.mutable_data_ptr<double>() + row * units);
    } else {
      fill(row, made.mutable_data_ptr<float>() + row * units);
    }
  }
  return made.to(options);
}

torch::TensorOptions plain(const Tensor& like) {
  return like.options().requires_grad(false);
}

}  // namespace

LoopNoise::LoopNoise(const LayerNoise& noise, std::int64_t sequences, std::int64_t hidden, const Tensor& like)
    : noise_(noise), hidden_(hidden), options_(plain(like)) {
  if (!noise.masks_hidden()) return;
  hidden_mask_ = rows_of(
      sequences, [&](std::int64_t row, auto* to) { noise_.factors(Drawn::hidden, 0, row, hidden_, to); });
}

template <class Fill> Tensor LoopNoise::rows_of(std::int64_t rows, Fill fill) const {
  return filled(rows, hidden_, options_, fill);
}

Tensor LoopNoise::read(const Tensor& h) const {
  return hidden_mask_.defined() ? h * hidden_mask_.narrow(0, 0, h.size(0)) : h;
}

Tensor LoopNoise::update(std::int64_t step, std::int64_t rows) const {
  if (!noise_.drops_update()) return {};
  return rows_of(rows,
                 [&](std::int64_t row, auto* to) { noise_.factors(Drawn::update, step, row, hidden_, to); });
}

void LoopNoise::zone(std::int64_t step, std::span<const Tensor> previous, std::span<Tensor> states) const {
  for (std::size_t s = 0; s < states.size(); ++s) {
    if (!noise_.zones(s)) continue;
    const auto share = rows_of(previous[s].size(0), [&](std::int64_t row, auto* to) {
      noise_.new_shares(s, step, row, hidden_, to);
    });
    states[s] = share * states[s] + (1 - share) * previous[s];
  }
}

PackedBatch with_dropped_input(const LayerNoise& noise, const PackedBatch& batch, const Tensor& weight_ih) {
  if (!noise.masks_input() || batch.steps() == 0) return batch;
  const std::int64_t inputs = weight_ih.size(1), sequences = batch.sequences();
  const auto rows = dense_rows(batch.data, inputs, plain(weight_ih));
  const auto factors = filled(sequences, inputs, plain(rows), [&](std::int64_t row, auto* to) {
    noise.factors(Drawn::input, 0, row, inputs, to);
  });
  std::vector<Tensor> of_steps;
  for (const auto size : batch.sizes) of_steps.push_back(factors.narrow(0, 0, size));
  return {rows * torch::cat(of_steps), batch.sizes, batch.resets};
}

Tensor with_dropped_weights(const LayerNoise& noise, const Tensor& weight_hh) {
  if (!noise.drops_weights()) return weight_hh;
  const std::int64_t rows = weight_hh.size(0), width = weight_hh.numel() / rows;
  const auto factors = filled(rows, width, plain(weight_hh), [&](std::int64_t row, auto* to) {
    noise.factors(Drawn::weight, 0, row, width, to);
  });
  return weight_hh * factors.view(weight_hh.sizes());
}

}  // namespace carousel
