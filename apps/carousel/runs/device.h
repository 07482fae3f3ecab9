// Where a model lives.
#pragma once

#include <string>

#include <torch/types.h>

namespace carousel::cli {

/// The device of --device: cpu, cuda or cuda:N. Of several processes on one machine that torchrun started, cuda is a device of each,
/// by LOCAL_RANK. Throws Error for another word, a LibTorch without CUDA, and a device that is not there.
torch::Device device_from(const std::string& text);

}  // namespace carousel::cli
