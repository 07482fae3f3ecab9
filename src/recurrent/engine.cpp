#include "carousel/recurrent/engine.h"

#include <string_view>

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

Error cannot_run(const char* engine, const CellFacts& cell, std::string_view reason) {
  return Error(fmt::format("the {} cannot run {}, because {}: choose the engine auto or loop", engine,
                           cell.name, reason));
}

}  // namespace

EngineChoice RecurrentBase::choose_engine(const char* kernel_obstacle) const {
  const Engine wanted = options.engine();
  if (wanted == Engine::loop) return {Engine::loop, "asked for"};
  const auto weight = weights({}).weight_ih;
  const char* closed = torch_obstacle(*this);
  if (wanted == Engine::torch) {
    if (!closed) return torchs_own(weight);
    throw cannot_run("engine torch", facts_, closed);
  }
  const auto support = kernel_obstacle ? fused::Support{false, kernel_obstacle} : fused::supports(weight);
  if (support.fits) {
    const auto level = fused::simd_level_names[static_cast<std::size_t>(fused::simd_level())];
    return {Engine::fused,
            fmt::format("{} on the CPU, kernels for {}", c10::toString(weight.scalar_type()), level)};
  }
  if (wanted == Engine::fused) throw cannot_run("fused engine", facts_, support.reason);
  if (weight.is_cuda() && !closed) return torchs_own(weight);
  return {Engine::loop, support.reason};
}

}  // namespace carousel
