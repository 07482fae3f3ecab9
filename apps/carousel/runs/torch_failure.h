// What LibTorch threw, told apart from other exceptions without its headers.
#pragma once

#include <exception>
#include <optional>
#include <string>

namespace carousel::cli {

struct TorchFailure {
  std::string sentence;  ///< the first line of its message, without the backtrace
  bool out_of_memory = false;
};

/// Nothing for an exception that is not LibTorch's.
std::optional<TorchFailure> torch_failure(const std::exception& error);

}  // namespace carousel::cli
