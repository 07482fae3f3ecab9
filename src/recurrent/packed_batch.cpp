#include "carousel/recurrent/packed_batch.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "carousel/error.h"
#include "carousel/torch.h"

namespace carousel {

namespace {

/// The sizes for a sentence: of a long sequence only the first ones.
std::string listed(const std::vector<std::int64_t>& sizes) {
  constexpr std::size_t most = 8;
  const auto end = sizes.begin() + static_cast<std::ptrdiff_t>(std::min(most, sizes.size()));
  return fmt::format("[{}{}]", fmt::join(sizes.begin(), end, ", "), sizes.size() > most ? ", ..." : "");
}

}  // namespace

torch::Tensor checked_classes(const torch::Tensor& rows, std::int64_t count, std::string_view owner) {
  const auto numbers = rows.to(torch::kInt64);
  if (numbers.numel() == 0) return numbers;
  const auto [least, greatest] = torch::aminmax(numbers);
  for (const auto number : {least.item<std::int64_t>(), greatest.item<std::int64_t>()}) {
    if (number >= 0 && number < count) continue;
    throw Error(
        fmt::format("the input of {} has the class {}: it must be from 0 to {}", owner, number, count - 1));
  }
  return numbers;
}

void check_sizes(const PackedBatch& batch) {
  const std::int64_t given = batch.data.dim() == 0 ? 0 : batch.data.size(0);
  const std::int64_t least = batch.sequences() > 0 ? 1 : 0;
  std::int64_t rows = 0, before = batch.sequences();
  bool fit = true;
  for (std::int64_t t = 0; const std::int64_t size : batch.sizes) {
    const auto refuse = [&](const char* rule) {
      throw Error(fmt::format("the sizes of a packed batch are {}, with {} sequences at step {}: {}",
                              listed(batch.sizes), size, t, rule));
    };
    if (size > before) refuse("they may not grow; sort the sequences by falling length");
    if (size < least) refuse("every step must have at least 1; leave out the steps that no sequence reaches");
    fit = fit && size <= given - rows;  // in this form a sum of huge sizes cannot overflow
    if (fit) rows += size;
    before = size, ++t;
  }
  if (fit && rows == given) return;
  throw Error(fmt::format(
      "the sizes of a packed batch are {}, but its data has {} rows: the sizes must add up to them",
      listed(batch.sizes), given));
}

torch::Tensor dense_rows(const torch::Tensor& rows, std::int64_t features,
                         const torch::TensorOptions& options) {
  if (!are_classes(rows)) return rows;
  return torch::zeros({rows.size(0), features}, options)
      .scatter_(1, rows.to(torch::kInt64).unsqueeze(1), 1.0);
}

torch::Tensor resets_of(const PackedBatch& batch, bool reverse) {
  if (!reverse || !batch.resets.defined()) return batch.resets;
  const auto marks = batch.resets.split_with_sizes(batch.sizes);
  std::vector<torch::Tensor> met;
  for (std::size_t t = 0; t < marks.size(); ++t) {
    auto anew = torch::zeros_like(marks[t]);
    if (t + 1 < marks.size()) anew.narrow(0, 0, batch.sizes[t + 1]).copy_(marks[t + 1]);
    met.push_back(std::move(anew));
  }
  return torch::cat(met);
}

void check_resets(const torch::Tensor& resets, std::int64_t rows, std::string_view owner) {
  if (!resets.defined()) return;
  if (resets.scalar_type() == torch::kBool && resets.dim() == 1 && resets.size(0) == rows) return;
  throw Error(
      fmt::format("the resets of {} are {} of shape {}: they must be bool, one for each of the {} rows",
                  owner, c10::toString(resets.scalar_type()), c10::str(resets.sizes()), rows));
}

torch::Tensor last_rows(const std::vector<std::int64_t>& sizes) {
  std::vector<std::int64_t> rows(sizes.empty() ? 0 : static_cast<std::size_t>(sizes.front()));
  for (std::int64_t first = 0; const std::int64_t size : sizes) {
    std::iota(rows.begin(), rows.begin() + size, first);
    first += size;
  }
  return torch::tensor(at::IntArrayRef(rows), torch::kInt64);
}

}  // namespace carousel
