#include "carousel/recurrent/layer_products.h"

#include "carousel/recurrent/packed_batch.h"
#include "carousel/recurrent/recurrent_product.h"
#include "carousel/torch.h"

namespace carousel {

using torch::Tensor;

LayerProducts::LayerProducts(const LayerWeights& weights, std::size_t gates, bool separate_projections)
    : weights_(weights), gates_(static_cast<std::int64_t>(gates)), separate_(separate_projections) {
  if (recurrence_of(weights.weight_hh) == Recurrence{}) weight_hh_t_ = weights.weight_hh.t();
}

Tensor LayerProducts::project(const Tensor& input) const {
  const bool both = weights_.bias_ih.defined() && !separate_;
  const auto bias = both ? weights_.bias_ih + weights_.bias_hh : weights_.bias_ih;
  if (!are_classes(input)) return torch::linear(input, weights_.weight_ih, bias);
  // A one-hot row picks a column of the weights. The bias joins the I columns, not the N rows; contiguous,
  // because picking strided columns takes longer than laying them out first.
  const auto columns = weights_.weight_ih.t();
  return (bias.defined() ? columns + bias : columns).contiguous().index_select(0, input);
}

LayerProducts::Blocks LayerProducts::blocks(const Tensor& projected, const Tensor& h) const {
  if (separate_) return {split(projected), split(apart(h, projected))};
  if (!weights_.weight_hh.defined()) return {split(projected), {}};
  return {split(weight_hh_t_.defined() ? torch::addmm(projected, h, weight_hh_t_)
                                       : projected + recurrent_product(weights_.weight_hh, h)),
          {}};
}

/// The recurrent projection with its bias; of a recurrence that may have no product.
Tensor LayerProducts::apart(const Tensor& h, const Tensor& like) const {
  if (weight_hh_t_.defined()) return torch::linear(h, weights_.weight_hh, weights_.bias_hh);
  const auto product = recurrent_product(weights_.weight_hh, h);
  const auto whole = product.defined() ? product : torch::zeros_like(like);
  return weights_.bias_hh.defined() ? whole + weights_.bias_hh : whole;
}

std::vector<Tensor> LayerProducts::split(const Tensor& rows) const {
  return gates_ == 1 ? std::vector{rows} : rows.chunk(gates_, 1);
}

}  // namespace carousel
