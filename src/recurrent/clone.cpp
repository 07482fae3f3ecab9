#include "carousel/recurrent/clone.h"

#include "recurrent/random_state.h"

namespace carousel {

using torch::Tensor;

namespace {

void copy_modes(const torch::nn::Module& source, torch::nn::Module& copy) {
  copy.train(source.is_training());
  const auto from = source.children(), to = copy.children();
  for (std::size_t i = 0; i < from.size(); ++i) copy_modes(*from[i], *to[i]);
}

}  // namespace

void copy_contents(const torch::nn::Module& source, torch::nn::Module& copy,
                   const std::optional<torch::Device>& device) {
  const torch::NoGradGuard no_grad;
  const auto copied = [&](const Tensor& tensor) {
    return device && tensor.device() != *device ? tensor.to(*device) : tensor.clone();
  };
  auto parameters = copy.named_parameters(), buffers = copy.named_buffers();
  for (const auto& parameter : source.named_parameters()) {
    auto& target = parameters[parameter.key()];
    target.set_data(copied(parameter.value()));
    target.set_requires_grad(parameter.value().requires_grad());
  }
  for (const auto& buffer : source.named_buffers()) buffers[buffer.key()].set_data(copied(buffer.value()));
  copy_modes(source, copy);
}

UntouchedGenerator::UntouchedGenerator() : state_(generator_state()) {}

UntouchedGenerator::~UntouchedGenerator() {
  set_generator_state(state_);
}

}  // namespace carousel
