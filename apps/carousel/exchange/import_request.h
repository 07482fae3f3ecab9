// What `carousel import` was asked to do: the file, what was found in it, and the options of the run to be.
#pragma once

#include <filesystem>
#include <optional>

#include "carousel/exchange/found_model.h"

#include "runs/request.h"

namespace carousel::cli {

struct ImportRequest {
  std::filesystem::path file;
  std::string key = {};     ///< where the file's state dict is, "": chosen by the reader
  std::string format = {};  ///< "safetensors" or "pt"
  FoundModel model = {};
  TrainRequest run = {nullptr, OptionValues({})};
  bool json = false;
};

/// Reads the command line and the file. Nothing when --help was asked for, and printed. Throws Error for
/// whatever is wrong.
std::optional<ImportRequest> read_import_request(const Words& words, const Registries& registries);

}  // namespace carousel::cli
