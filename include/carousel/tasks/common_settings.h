// Settings that many tasks have. This header needs no tensor.
#pragma once

#include <filesystem>
#include <string>

#include "carousel/tasks/settings.h"

namespace carousel {

/// "batch", the sequences of one batch.
Setting batch_setting(std::int64_t sequences);

/// "pack", whether short sequences (`what`) are laid end to end.
Setting pack_setting(const std::string& what);

/// "length", the steps of a sequence: `min` to 1,000,000.
Setting length_setting(std::int64_t steps, std::int64_t min);

/// A file or folder, declared without a default; one that a task cannot do without is read with needed_path. A run keeps
/// its path and sum, so that it goes on with the same data wherever that is.
Setting path_setting(std::string name, std::string help);

/// The path that was set. Throws Error when it was not: "charlm needs a text: give --text FILE (...)".
std::filesystem::path needed_path(const Settings& settings, const std::string& name, const std::string& task,
                                  const std::string& what, const std::string& placeholder);

}  // namespace carousel
