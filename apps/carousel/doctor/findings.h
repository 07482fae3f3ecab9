// What carousel doctor finds: a line each, and what to do where something is wrong.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "carousel/io/run_folder.h"
#include "carousel/tasks/registries.h"

namespace carousel::cli {

enum class Health {
  sound,
  note,   ///< worth knowing, and nothing is wrong
  wrong,  ///< exit code 2
};

struct Finding {
  std::string what;  ///< "disk"
  Health health = Health::sound;
  std::string text;  ///< what it is; where it is wrong also what to do
};
using Findings = std::vector<Finding>;

/// Compiler, LibTorch, instruction set, threads, disk, locale, terminal.
Findings look_at_setup(const std::filesystem::path& runs);

/// The files of a run, its data, its record against its checkpoints, its lock; last what a resume would do. A
/// run that is being trained changes meanwhile, which is no fault. Nothing is written.
Findings look_at_run(const RunFolder& run, const Registries& registries);

}  // namespace carousel::cli
