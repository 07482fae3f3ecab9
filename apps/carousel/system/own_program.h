// The file of the running program.
#pragma once

#include <filesystem>
#include <system_error>

namespace carousel::cli {

/// "" where the system does not tell.
inline std::filesystem::path own_program() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored);
}

}  // namespace carousel::cli
