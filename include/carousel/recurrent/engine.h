// Which engine evaluates a cell's step over time.
#pragma once

#include <array>
#include <cstddef>
#include <string>

namespace carousel {

enum class Engine {
  automatic,  ///< fused where it can be; on CUDA torch's own layer where there is one; else loop
  loop,       ///< the step in plain torch operations: any device, any dtype, differentiable twice
  fused,      ///< kernels derived from the step; an Error where they do not exist
  torch,      ///< torch's own layer of the cell, cuDNN's on CUDA; an Error where torch has none
};

/// What options call the engines, in their order.
inline constexpr std::array<const char*, 4> engine_words{"auto", "loop", "fused", "torch"};
constexpr const char* engine_name(Engine engine) {
  return engine_words[static_cast<std::size_t>(engine)];
}

/// The engine that runs a module as it is now, and why. Torch's own layer is closed and begins at the first step: a
/// call that somebody observes, or in which sequences begin anew, is run by the loop instead.
struct EngineChoice {
  Engine engine = Engine::loop;
  std::string reason;  ///< such as "its weights are on cuda:0"
};

}  // namespace carousel
