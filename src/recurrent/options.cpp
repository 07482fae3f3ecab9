#include "carousel/recurrent/options.h"

#include <fmt/format.h>

#include "carousel/error.h"

namespace carousel {

namespace {

/// What torch's three options classes have in common besides the sizes.
template <class TorchOptions> void take_common(RecurrentOptions& ours, const TorchOptions& theirs) {
  ours.num_layers(theirs.num_layers()).bias(theirs.bias()).batch_first(theirs.batch_first());
  ours.dropout(theirs.dropout()).bidirectional(theirs.bidirectional());
}

}  // namespace

RecurrentOptions::RecurrentOptions(std::int64_t input_size, std::int64_t hidden_size)
    : input_size_(input_size), hidden_size_(hidden_size) {}

RecurrentOptions::RecurrentOptions(const torch::nn::LSTMOptions& o)
    : RecurrentOptions(o.input_size(), o.hidden_size()) {
  proj_size(o.proj_size());
  take_common(*this, o);
}

RecurrentOptions::RecurrentOptions(const torch::nn::GRUOptions& o)
    : RecurrentOptions(o.input_size(), o.hidden_size()) {
  take_common(*this, o);
}

RecurrentOptions::RecurrentOptions(const torch::nn::RNNOptions& o) : RecurrentOptions(of(o, false)) {}

RecurrentOptions RecurrentOptions::of(const torch::nn::RNNOptions& o, bool relu) {
  if (std::holds_alternative<torch::enumtype::kTanh>(o.nonlinearity()) == relu) {
    throw Error(relu ? "a torch RNN with nonlinearity kTanh is carousel::Rnn, not ReluRnn: use that, or set "
                       "nonlinearity(torch::kReLU)"
                     : "a torch RNN with nonlinearity kReLU is carousel::ReluRnn: give that these options");
  }
  RecurrentOptions ours(o.input_size(), o.hidden_size());
  take_common(ours, o);
  return ours;
}

void RecurrentOptions::check() const {
  const auto positive = [](const char* what, std::int64_t value) {
    if (value < 1) throw Error(fmt::format("{} is {}: it must be at least 1", what, value));
  };
  positive("input_size", input_size());
  positive("hidden_size", hidden_size());
  positive("num_layers", num_layers());
  if (recurrence()) recurrence()->check(hidden_size());
  if (proj_size() < 0 || proj_size() >= hidden_size()) {
    throw Error(fmt::format("proj_size is {}: it must be 0, or above 0 and below hidden_size {}", proj_size(),
                            hidden_size()));
  }
  if (!(dropout() >= 0.0 && dropout() < 1.0)) {
    throw Error(fmt::format("dropout is {}: it must be at least 0 and below 1", dropout()));
  }
}

}  // namespace carousel
