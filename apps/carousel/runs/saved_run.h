// A finished run, read back: its options, what it keeps of its data and the weights of a checkpoint.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "carousel/io/run_folder.h"

#include "options/arguments.h"
#include "runs/request.h"

namespace carousel {
class SequenceModel;
}

namespace carousel::cli {

struct SavedRun {
  RunFolder folder;
  TrainRequest request;
  TaskMemory memory;
};

/// Throws Error when no run was named, or it is damaged.
SavedRun open_saved_run(const std::optional<std::string>& path, const std::string& command,
                        const Registries& registries);

/// The file of weights that "best", "last", "update-000500", a checkpoint's folder or a file means. Empty asks for best, or
/// last where nothing was validated yet. Throws Error when there is none.
std::filesystem::path weights_file(const RunFolder& run, const std::string& checkpoint);

/// The run's model with the weights of that file.
std::shared_ptr<SequenceModel> load_model(const TaskFacts& task, const OptionValues& values,
                                          const std::filesystem::path& weights, const CellRegistry& cells);

}  // namespace carousel::cli
