// The names of LibTorch's classes, for headers that only hand them on: parsing LibTorch itself takes
// longer than anything here.
#pragma once

namespace at {
class Tensor;
}

namespace torch {
using at::Tensor;
namespace nn {
class Module;
}
namespace optim {
class Optimizer;
}
}  // namespace torch
