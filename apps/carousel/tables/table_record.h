// What `carousel report` shows of a model of a table. Needs no tensor.
#pragma once

#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "carousel/tasks/registries.h"

namespace carousel::cli {

/// Figures of a run's model on the run's table, as docs/files.md has them, or why there are none.
struct TableRecord {
  nlohmann::json figures = {};  ///< null where there are none
  std::string note = {};        ///< a sentence; empty where there is nothing to say
};

/// RUN/table.json, where it is of the checkpoint that counts (best, or last). Else the figures are computed, which is said on
/// stderr, and written there. Both members are empty for a run of a task that is not over a table. Throws Error when `run` is no run.
TableRecord table_record(const std::filesystem::path& run, const Registries& registries);

}  // namespace carousel::cli
