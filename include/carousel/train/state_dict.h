// Torch tensors in safetensors files.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include <torch/nn/module.h>

namespace carousel {

using TensorMap = std::map<std::string, torch::Tensor>;

/// Writes tensors under their names, atomically. Throws Error for a dtype that the format lacks, SystemError
/// when the system refuses.
void save_tensors(const std::filesystem::path& path, const TensorMap& tensors,
                  const std::map<std::string, std::string>& metadata = {});

/// Reads all tensors of a file onto the CPU. Throws Error when it is damaged.
TensorMap load_tensors(const std::filesystem::path& path);

/// A module's parameters and buffers under torch's names.
TensorMap state_dict(const torch::nn::Module& module);

/// Copies tensors into the module's parameters and buffers, converting dtype and device. Throws Error that
/// lists missing, unexpected and wrongly shaped entries, with nothing changed; `source` names where they come
/// from.
void load_state_dict(torch::nn::Module& module, const TensorMap& tensors, const std::string& source);

}  // namespace carousel
