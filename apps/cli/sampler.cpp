#include "cli/sampler.h"

#include <torch/torch.h>

#include "carousel/tasks/data/text.h"
#include "carousel/train/evaluate.h"

#include "cli/output.h"

namespace carousel::cli {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// Whether more bytes could still make it a symbol.
bool may_become_symbol(std::string_view bytes) {
  const auto lead = static_cast<unsigned char>(bytes.front());
  const std::size_t whole = lead >= 0xF0 && lead < 0xF5 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1;
  if (lead >= 0xF5 || bytes.size() >= whole) return false;
  for (const char c : bytes.substr(1)) {
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) return false;
  }
  return true;
}

}  // namespace

std::int64_t Sampler::next(std::int64_t token) {
  const torch::NoGradGuard no_grad;
  const Batch batch{.input = torch::full({1, 1}, token, torch::kLong)};
  auto prediction = model_.predict(batch.to(device_of(model_), dtype_of(model_)), states_, 0);
  states_ = std::move(prediction.states);
  const auto logits = prediction.output.reshape({-1}).to(torch::kCPU, torch::kDouble);
  if (temperature_ == 0.0) return logits.argmax().item<std::int64_t>();
  return torch::multinomial(torch::softmax(logits / temperature_, 0), 1).item<std::int64_t>();
}

void SymbolWriter::write(std::string_view bytes) {
  waiting_ += bytes;
  std::string ready;
  while (!waiting_.empty()) {
    const std::size_t length = utf8_length(waiting_);
    if (length == 0 && may_become_symbol(waiting_)) break;
    ready += length > 0 ? std::string_view(waiting_).substr(0, length) : replacement;
    waiting_.erase(0, length > 0 ? length : 1);
  }
  print(ready);
}

void SymbolWriter::finish() {
  if (!waiting_.empty()) print(replacement);
  waiting_.clear();
}

}  // namespace carousel::cli
