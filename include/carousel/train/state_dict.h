// Torch tensors in safetensors files and in those of Python's torch.save.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "carousel/torch_forward.h"

namespace carousel {

using TensorMap = std::map<std::string, torch::Tensor>;

/// Writes tensors under their names, atomically. Throws Error for a dtype that the format lacks, SystemError
/// when the system refuses.
void save_tensors(const std::filesystem::path& path, const TensorMap& tensors,
                  const std::map<std::string, std::string>& metadata = {});

/// Writes tensors under their names, atomically, as a state dict that Python's torch.load reads with its
/// defaults: contiguous, on the CPU, without their gradients; the same tensors give the same bytes. Throws as
/// save_tensors does.
void save_torch_file(const std::filesystem::path& path, const TensorMap& tensors);

/// Reads the tensors of a safetensors file or of a state dict that Python saved with torch.save onto the CPU;
/// which of the two it is, the file's first bytes tell. `key` chooses among several state dicts in a file of
/// torch.save, such as "model" in {"model": ..., "optimizer": ...}, see TorchFile::state_dicts
/// (io/torch_file.h). Throws Error when the file is damaged, when it holds several and no key is given, and
/// for a key with safetensors.
TensorMap load_tensors(const std::filesystem::path& path, const std::string& key = "");

/// "[4, 3]", as messages name a tensor's shape.
std::string shape_text(const torch::Tensor& tensor);

/// A module's parameters and buffers under torch's names.
TensorMap state_dict(const torch::nn::Module& module);

/// Copies tensors into the module's parameters and buffers, converting dtype and device. Throws Error that
/// lists missing, unexpected and wrongly shaped entries, with nothing changed; where all names fit but for a
/// prefix ("module." of DataParallel) it says so. `source` names where they come from.
void load_state_dict(torch::nn::Module& module, const TensorMap& tensors, const std::string& source);

}  // namespace carousel
