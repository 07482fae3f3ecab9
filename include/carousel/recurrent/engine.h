// Which engine evaluates a cell's step over time.
#pragma once

namespace carousel {

enum class Engine {
  automatic,  ///< fused where it can be, else loop
  loop,       ///< the step in plain torch operations: any device, any dtype, differentiable twice
  fused,      ///< kernels derived from the step; an Error where they do not exist
};

}  // namespace carousel
