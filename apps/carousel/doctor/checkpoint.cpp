#include <nlohmann/json.hpp>

#include "carousel/io/file.h"
#include "carousel/io/safetensors.h"

#include "doctor/findings.h"
#include "runs/run_record.h"

namespace carousel::cli {

namespace fs = std::filesystem;

// THE PLACE for whatever tells a sound checkpoint from a damaged one: when checkpoints know their files by hashes,
// they are compared here. Until then the files are read, and the headers of the tensors checked.
std::optional<std::string> check_checkpoint(const fs::path& folder) try {
  for (const char* name : {"model.safetensors", "trainer.safetensors"}) read_safetensors(folder / name);
  const nlohmann::json state = read_json(folder / "state.json");
  if (state.at("update").get<std::int64_t>() < 0) return "'" + (folder / "state.json").string() + "' has no update";
  for (const auto& entry : fs::directory_iterator(folder)) read_file(entry.path());
  return {};
} catch (const std::exception& error) {
  return error.what();
}

}  // namespace carousel::cli
