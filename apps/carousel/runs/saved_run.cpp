#include "runs/saved_run.h"

#include <algorithm>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/io/folder.h"
#include "carousel/model/sequence_model.h"
#include "carousel/train/checkpoint.h"
#include "carousel/train/state_dict.h"

#include "runs/checkpoints.h"
#include "runs/experiment.h"
#include "runs/run_data.h"
#include "runs/run_record.h"

namespace carousel::cli {

namespace fs = std::filesystem;

SavedRun open_saved_run(const std::optional<std::string>& path, const std::string& command,
                        const Registries& registries) {
  if (!path) throw Error(fmt::format("carousel {} needs a run: carousel {} runs/NAME", command, command));
  RunFolder folder = RunFolder::open(*path);
  TrainRequest request = read_saved_request(folder, registries);
  request.values.choose("device", "cpu");
  find_data(kept_data(folder), request.values);
  return {folder, std::move(request), read_memory(folder)};
}

fs::path weights_file(const RunFolder& run, const std::string& checkpoint) {
  const auto weights = [](const fs::path& folder) { return folder / "model.safetensors"; };
  const fs::path best = run.checkpoints() / "best", last = run.checkpoints() / "last";
  for (const fs::path& folder : {best, last}) recover_folder(folder);
  const auto names = checkpoint_names(run);
  if (checkpoint.empty() && fs::exists(weights(best))) return weights(best);
  if (checkpoint.empty() && fs::exists(weights(last))) return weights(last);
  if (checkpoint.empty()) {
    throw Error(fmt::format("the run '{}' has no checkpoint: it stopped before its first validation",
                            run.path().string()));
  }
  const bool own = std::ranges::find(names, checkpoint) != names.end();
  const fs::path named = own ? run.checkpoints() / checkpoint : fs::path(checkpoint);
  const fs::path file = fs::is_directory(named) ? weights(named) : named;
  if (!fs::exists(file)) {
    throw Error(
        fmt::format("there is no checkpoint '{}': the run has {}; give one of them, or the path of one",
                    named.string(), checkpoint_list(run)));
  }
  return file;
}

std::shared_ptr<SequenceModel> load_model(const TaskFacts& task, const OptionValues& values,
                                          const fs::path& weights, const CellRegistry& cells) {
  check_file_of_checkpoint(weights);
  const auto tensors = load_tensors(weights);
  auto model = make_model(task, values, cells);
  load_state_dict(*model, tensors, weights.string());
  model->eval();
  return model;
}

}  // namespace carousel::cli
