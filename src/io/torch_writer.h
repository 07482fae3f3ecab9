// What write_torch_file writes, in memory.
#pragma once

#include <span>
#include <string>

#include "carousel/io/tensor_view.h"

namespace carousel {

/// The pickle (protocol 2) of an OrderedDict of these tensors; the i-th one's data are storage i.
std::string pickle_state_dict(std::span<const TensorView> tensors);

/// The whole file. Throws Error with the bare reason, see write_torch_file.
std::string torch_file_bytes(std::span<const TensorView> tensors);

}  // namespace carousel
