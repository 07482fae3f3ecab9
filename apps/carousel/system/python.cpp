#include "system/python.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "carousel/torch_build.h"

#include "system/own_program.h"

namespace carousel::cli {

namespace fs = std::filesystem;

std::string choose_python(const std::string& asked) {
  if (!asked.empty()) return asked;
  if (const char* variable = std::getenv("CAROUSEL_PYTHON"); variable != nullptr && *variable != '\0')
    return variable;
  std::error_code ignored;
  const fs::path of_torch = torch_python;
  if (!of_torch.empty() && fs::exists(of_torch, ignored)) return of_torch.string();
  const fs::path program = own_program();
  const fs::path beside = program.parent_path().parent_path().parent_path() / "venv/bin/python";
  return fs::exists(beside, ignored) ? beside.string() : "python3";
}

}  // namespace carousel::cli
