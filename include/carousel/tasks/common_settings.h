// Settings that many tasks have. This header needs no tensor.
#pragma once

#include <filesystem>
#include <string>

#include "carousel/tasks/settings.h"

namespace carousel {

/// "batch", the sequences of one batch.
Setting batch_setting(std::int64_t sequences);

/// A file or folder that a task cannot do without: declared without a default, and read with needed_path.
Setting path_setting(std::string name, std::string help);

/// The path that was set. Throws Error when it was not: "charlm needs a text: give --text FILE (...)".
std::filesystem::path needed_path(const Settings& settings, const std::string& name, const std::string& task,
                                  const std::string& what, const std::string& placeholder);

}  // namespace carousel
