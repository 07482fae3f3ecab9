#include "tasks/reber_steps.h"

#include <limits>

#include "carousel/tasks/batching.h"
#include "carousel/torch.h"

namespace carousel {

std::pair<torch::Tensor, torch::Tensor> reber_tensors(std::string_view symbols,
                                                      const std::vector<std::uint8_t>& next) {
  std::vector<std::int64_t> tokens, following;
  for (std::size_t t = 0; t + 1 < symbols.size(); ++t) {
    tokens.push_back(static_cast<std::int64_t>(reber_alphabet.find(symbols[t])));
    following.push_back(static_cast<std::int64_t>(reber_alphabet.find(symbols[t + 1])));
    following.push_back(next[t]);
  }
  const auto steps = static_cast<std::int64_t>(tokens.size());
  return {copy_of(tokens, {steps}), copy_of(following, {steps, 2})};
}

torch::Tensor reber_steps_right(const torch::Tensor& output, const Batch& batch) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const auto bits = torch::bitwise_left_shift(1, torch::arange(reber_symbols, batch.target.options()));
  const auto legal = batch.target.select(2, 1).unsqueeze(-1).bitwise_and(bits) != 0;
  const auto worst_legal = output.masked_fill(~legal, infinity).amin(-1);
  const auto best_illegal = output.masked_fill(legal, -infinity).amax(-1);
  return worst_legal > best_illegal;
}

}  // namespace carousel
