#include "commands/sampler.h"

#include <algorithm>
#include <cmath>
#include <mutex>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Dispatch.h>
#include <fmt/format.h>

#include "carousel/data/text.h"
#include "carousel/torch.h"
#include "carousel/train/evaluate.h"

#include "terminal/output.h"

namespace carousel::cli {
namespace {

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

/// Control characters, those of one byte and the 32 from U+0080 on, all but line end and tab.
bool steers_terminal(std::string_view symbol) {
  const auto first = static_cast<unsigned char>(symbol.front());
  if (symbol.size() == 1) return (first < 0x20 && first != '\n' && first != '\t') || first == 0x7f;
  return first == 0xC2 && static_cast<unsigned char>(symbol[1]) < 0xA0;
}

std::string escaped(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  return text;
}

/// A number in [0, 1) from torch's generator, without the 2 microseconds of an operation on a tensor.
double uniform() {
  auto generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard lock(generator.mutex());
  return static_cast<double>(at::check_generator<at::CPUGeneratorImpl>(generator)->random64() >> 11) *
         0x1p-53;
}

}  // namespace

void Sampler::restart() {
  states_.clear();
  if (reader_) reader_->restart();
}

const torch::Tensor& Sampler::predict(std::int64_t token) {
  if (reader_) return reader_->read(token);
  const torch::NoGradGuard no_grad;
  const Batch batch{.input = torch::full({1, 1}, token, torch::kLong)};
  auto prediction = model_.predict(batch.to(device_of(model_), dtype_of(model_)), states_, 0);
  states_ = std::move(prediction.states);
  return logits_ = prediction.output.reshape({-1}).to(torch::kCPU).contiguous();
}

std::int64_t Sampler::next(std::int64_t token) {
  const auto& logits = predict(token);
  AT_DISPATCH_FLOATING_TYPES(logits.scalar_type(), "sample", [&] {
    const auto* values = logits.const_data_ptr<scalar_t>();
    weights_.assign(values, values + logits.numel());
  });
  const auto likeliest = std::ranges::max_element(weights_);
  if (temperature_ == 0.0) return likeliest - weights_.begin();
  const double highest = *likeliest;
  double sum = 0.0;
  for (double& weight : weights_) sum += weight = std::exp((weight - highest) / temperature_);
  // The token in whose share of [0, sum) a uniform number falls.
  double left = sum * uniform();
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    if ((left -= weights_[i]) < 0.0) return static_cast<std::int64_t>(i);
  }
  return static_cast<std::int64_t>(weights_.size()) - 1;
}

void SymbolWriter::write(std::string_view bytes) {
  if (!to_terminal_) return print(bytes);
  waiting_ += bytes;
  std::string ready;
  while (!waiting_.empty()) {
    const std::size_t length = utf8_length(waiting_);
    if (length == 0 && may_become_symbol(waiting_)) break;
    const auto symbol = std::string_view(waiting_).substr(0, std::max<std::size_t>(length, 1));
    ready += length == 0 || steers_terminal(symbol) ? escaped(symbol) : std::string(symbol);
    waiting_.erase(0, symbol.size());
  }
  print(ready);
}

void SymbolWriter::finish() {
  print(escaped(waiting_));
  waiting_.clear();
}

}  // namespace carousel::cli
