#include "carousel/recurrent/projection.h"

#include "carousel/torch.h"

namespace carousel {

using torch::Tensor;

namespace {

/// [N, P]: h where a sequence begins with one that no step of the layer made, 0 elsewhere.
Tensor h_at_beginnings(const LayerCall& call, const PackedBatch& batch, const Tensor& h, std::int64_t size,
                       const Tensor& like) {
  auto rows = torch::zeros({batch.data.size(0), size}, like.options().requires_grad(false));
  if (h.defined()) {
    const auto first = call.tap.id.reverse ? last_rows(batch.sizes) : torch::arange(batch.sequences());
    rows = rows.index_copy(0, first.to(rows.device()), h);
  }
  if (!batch.resets.defined()) return rows;
  const auto start = call.start.empty() ? rows.new_zeros({size}) : call.start.front();
  return torch::where(batch.resets.unsqueeze(1).to(rows.device()), start, rows);
}

}  // namespace

Unprojected unprojected(const LayerCall& call, const PackedBatch& batch, const LayerWeights& weights,
                        const std::vector<Tensor>& initial) {
  Unprojected made{call, with_dropped_input(call.noise, batch, weights.weight_ih), weights, initial};
  made.call.noise = call.noise.without_input();
  const std::int64_t hidden = weights.weight_hr.size(1), size = weights.weight_hr.size(0);
  const bool given = !initial.empty(), restarts = batch.resets.defined() && !call.start.empty();
  if (given || restarts) {
    const auto h = h_at_beginnings(call, batch, given ? initial.front() : Tensor(), size, weights.weight_ih);
    const auto rows = dense_rows(made.batch.data, weights.weight_ih.size(1), h.options());
    made.batch.data = torch::cat({rows, h}, 1);
    made.weights.weight_ih = torch::cat({weights.weight_ih, weights.weight_hh}, 1);
  }
  const auto nothing = weights.weight_ih.new_zeros({hidden});
  if (given) made.initial.front() = nothing.expand({batch.sequences(), hidden});
  if (!call.start.empty()) made.call.start.front() = nothing;
  made.weights.weight_hh = torch::matmul(weights.weight_hh, weights.weight_hr);
  made.weights.weight_hr = Tensor();
  return made;
}

}  // namespace carousel
