#include "carousel/recurrent/recurrent_product.h"

#include "carousel/torch.h"

namespace carousel {

using torch::Tensor;

Recurrence recurrence_of(const Tensor& weight_hh) {
  if (!weight_hh.defined()) return {.form = Recurrence::Form::none};
  if (weight_hh.dim() == 1) return {.form = Recurrence::Form::diagonal};
  if (weight_hh.dim() == 3) return {.form = Recurrence::Form::heads, .heads = weight_hh.size(0)};
  return {};
}

Tensor recurrent_product(const Tensor& weight_hh, const Tensor& h) {
  if (!weight_hh.defined()) return {};
  const std::int64_t rows = h.size(0), hidden = h.size(1);
  if (weight_hh.dim() == 1) return (weight_hh.view({-1, hidden}) * h.unsqueeze(1)).flatten(1);
  if (weight_hh.dim() == 2) return torch::linear(h, weight_hh);
  const std::int64_t heads = weight_hh.size(0), size = weight_hh.size(2);
  const auto of_heads = h.reshape({rows, heads, size}).transpose(0, 1);                    // [n, B, d]
  const auto product = torch::bmm(of_heads, weight_hh.transpose(1, 2));                    // [n, B, G d]
  return product.view({heads, rows, -1, size}).permute({1, 2, 0, 3}).reshape({rows, -1});  // [B, G, n, d]
}

Tensor dense_recurrent(const Tensor& weight_hh, const Tensor& like, std::int64_t gates, std::int64_t hidden) {
  if (!weight_hh.defined())
    return torch::zeros({gates * hidden, hidden}, like.options().requires_grad(false));
  if (weight_hh.dim() == 2) return weight_hh;
  if (weight_hh.dim() == 1) return torch::diag_embed(weight_hh.view({gates, hidden})).flatten(0, 1);
  std::vector<Tensor> of_gates;
  for (std::int64_t gate = 0; gate < gates; ++gate)
    of_gates.push_back(torch::block_diag(recurrent_blocks(weight_hh, gate, hidden)));
  return torch::cat(of_gates);
}

std::vector<Tensor> recurrent_blocks(const Tensor& weight_hh, std::int64_t gate, std::int64_t hidden) {
  if (!weight_hh.defined()) return {};
  if (weight_hh.dim() < 3) return {weight_hh.narrow(0, gate * hidden, hidden)};
  const std::int64_t size = weight_hh.size(2);
  std::vector<Tensor> blocks;
  for (const auto& head : weight_hh.unbind(0)) blocks.push_back(head.narrow(0, gate * size, size));
  return blocks;
}

}  // namespace carousel
