#include "carousel/recurrent/engine.h"

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/recurrent/fused/fused_engine.h"
#include "carousel/recurrent/recurrent_base.h"

namespace carousel {

EngineChoice choose_engine(Engine wanted, const CellFacts& cell, const char* obstacle,
                           const torch::Tensor& weight) {
  if (wanted == Engine::loop) return {Engine::loop, "asked for"};
  const auto support = obstacle ? fused::Support{false, obstacle} : fused::supports(weight);
  if (support.fits) {
    const auto level = fused::simd_level_names[static_cast<std::size_t>(fused::simd_level())];
    return {Engine::fused,
            fmt::format("{} on the CPU, kernels for {}", c10::toString(weight.scalar_type()), level)};
  }
  if (wanted == Engine::fused) {
    throw Error(fmt::format("the fused engine cannot run {}, because {}: choose the engine auto or loop",
                            cell.name, support.reason));
  }
  return {Engine::loop, support.reason};
}

}  // namespace carousel
