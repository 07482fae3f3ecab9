// Which engine evaluates a cell's step over time.
#pragma once

#include <string>

namespace carousel {

enum class Engine {
  automatic,  ///< fused where it can be, else loop
  loop,       ///< the step in plain torch operations: any device, any dtype, differentiable twice
  fused,      ///< kernels derived from the step; an Error where they do not exist
};

/// The engine that runs a module as it is now, and why.
struct EngineChoice {
  Engine engine = Engine::loop;
  std::string reason;  ///< such as "its weights are on cuda:0"
};

}  // namespace carousel
