#include "carousel/model/packing.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/torch.h"

namespace carousel {
namespace {

using Numbers = std::vector<std::int64_t>;

Numbers checked_lengths(const torch::Tensor& lengths, std::int64_t steps, std::int64_t sequences) {
  if (!c10::isIntegralType(lengths.scalar_type(), /*includeBool=*/false)) {
    throw Error(fmt::format("the lengths of a batch are {}: they must be whole numbers, int64",
                            c10::toString(lengths.scalar_type())));
  }
  if (lengths.dim() != 1 || lengths.size(0) != sequences) {
    throw Error(fmt::format("a batch of {} sequences has {} lengths: give one a sequence", sequences,
                            lengths.numel()));
  }
  const auto numbers = lengths.to(torch::kCPU, torch::kInt64).contiguous();
  const auto* first = numbers.const_data_ptr<std::int64_t>();
  Numbers length(first, first + sequences);
  for (const auto l : length) {
    if (l < 1 || l > steps)
      throw Error(fmt::format("a sequence's length must be from 1 to {}, not {}", steps, l));
  }
  return length;
}

torch::Tensor tensor_of(const Numbers& numbers) {
  return torch::tensor(at::IntArrayRef(numbers), torch::kInt64);
}

std::vector<torch::Tensor> reordered(const std::vector<torch::Tensor>& states, const torch::Tensor& order) {
  if (!order.defined()) return states;
  std::vector<torch::Tensor> result;
  for (const auto& state : states) {
    if (state.dim() != 3 || state.size(1) != order.numel()) {
      throw Error(
          fmt::format("a state of shape {} was carried to a batch of {} sequences: it must be [L D, {}, H]",
                      c10::str(state.sizes()), order.numel(), order.numel()));
    }
    result.push_back(state.index_select(1, order.to(state.device())));
  }
  return result;
}

}  // namespace

Packing::Packing(std::int64_t steps, std::int64_t sequences, const torch::Tensor& lengths)
    : steps_(steps), sequences_(sequences), sizes_(static_cast<std::size_t>(steps), sequences) {
  if (!lengths.defined()) return;
  const auto length = checked_lengths(lengths, steps, sequences);
  const auto of = [&](std::int64_t b) { return length[static_cast<std::size_t>(b)]; };
  if (std::all_of(length.begin(), length.end(), [&](auto l) { return l == steps; })) return;

  Numbers order(length.size()), position(length.size()), places;
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return of(a) > of(b); });
  for (std::size_t row = 0; row < order.size(); ++row) {
    position[static_cast<std::size_t>(order[row])] = static_cast<std::int64_t>(row);
  }
  sizes_.clear();
  for (std::int64_t t = 0; t < of(order.front()); ++t) {
    std::int64_t rows = 0;
    for (; rows < sequences && of(order[static_cast<std::size_t>(rows)]) > t; ++rows) {
      places.push_back(t * sequences + order[static_cast<std::size_t>(rows)]);
    }
    sizes_.push_back(rows);
  }
  places_ = tensor_of(places), order_ = tensor_of(order), position_ = tensor_of(position);
}

torch::Tensor Packing::pack(const torch::Tensor& padded) const {
  const auto rows = padded.flatten(0, 1);
  return places_.defined() ? rows.index_select(0, places_.to(rows.device())) : rows;
}

torch::Tensor Packing::unpack(const torch::Tensor& rows) const {
  if (!places_.defined()) return rows.view({steps_, sequences_, rows.size(1)});
  const auto zeros = torch::zeros({steps_ * sequences_, rows.size(1)}, rows.options());
  return zeros.index_copy(0, places_.to(rows.device()), rows).view({steps_, sequences_, rows.size(1)});
}

torch::Tensor Packing::first_rows() const {
  return position_.defined() ? position_ : torch::arange(sequences_);
}

torch::Tensor Packing::last_rows() const {
  return carousel::last_rows(sizes_).index_select(0, first_rows());
}

torch::Tensor Packing::rows_of(const torch::Tensor& places) const {
  if (!places_.defined()) return places;
  const auto rows = torch::full({steps_ * sequences_}, std::int64_t{-1}, torch::kInt64);
  return rows.index_copy(0, places_, torch::arange(places_.numel())).index_select(0, places);
}

std::vector<torch::Tensor> Packing::sort(const std::vector<torch::Tensor>& states) const {
  return reordered(states, order_);
}

std::vector<torch::Tensor> Packing::restore(const std::vector<torch::Tensor>& states) const {
  return reordered(states, position_);
}

}  // namespace carousel
