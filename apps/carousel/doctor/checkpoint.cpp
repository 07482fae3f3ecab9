#include "carousel/train/checkpoint.h"

#include <nlohmann/json.hpp>

#include "doctor/findings.h"

namespace carousel::cli {

std::optional<std::string> check_checkpoint(const std::filesystem::path& folder) try {
  checked_checkpoint(folder);
  return {};
} catch (const std::exception& error) {
  return error.what();
}

}  // namespace carousel::cli
