#include "carousel/recurrent/engine.h"

#include <optional>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/recurrent/fused/fused_engine.h"
#include "carousel/recurrent/recurrent_base.h"

namespace carousel {

namespace {

/// Why torch's own layer cannot run a module; null where it can.
const char* torch_obstacle(const RecurrentBase& module) {
  if (!module.torch_layer()) return "torch has no layer of it";
  if (*module.options.recurrence() != Recurrence{}) return "torch's layer has a full recurrence alone";
  if (module.options.noise().draws())
    return "torch's layer is closed, and has no noise inside the recurrence";
  return nullptr;
}

EngineChoice torchs_own(const torch::Tensor& weight) {
  return {Engine::torch, fmt::format("torch's own layer on {}{}, and the loop where steps are recorded",
                                     weight.device().str(), weight.is_cuda() ? ", by cuDNN" : "")};
}

}  // namespace

EngineChoice RecurrentBase::choose_engine(const char* kernel_obstacle) const {
  const Engine wanted = options.engine();
  if (wanted == Engine::loop) return {Engine::loop, "asked for"};
  const auto weight = weights({}).weight_ih;
  const char* closed = torch_obstacle(*this);
  if (wanted == Engine::torch) {
    if (!closed) return torchs_own(weight);
    throw Error(fmt::format("the engine torch cannot run {}, because {}: choose the engine auto or loop",
                            facts_.name, closed));
  }
  const auto support = kernel_obstacle ? fused::Support{false, kernel_obstacle} : fused::supports(weight);
  if (support.fits) {
    const auto level = fused::simd_level_names[static_cast<std::size_t>(fused::simd_level())];
    return {Engine::fused,
            fmt::format("{} on the CPU, kernels for {}", c10::toString(weight.scalar_type()), level)};
  }
  if (wanted == Engine::fused) {
    throw Error(fmt::format("the fused engine cannot run {}, because {}: choose the engine auto or loop",
                            facts_.name, support.reason));
  }
  if (weight.is_cuda() && !closed) return torchs_own(weight);
  return {Engine::loop, support.reason};
}

}  // namespace carousel
