// Where a run starts that does not start from drawn weights: a checkpoint, or weights that were trained elsewhere.
#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/model/sequence_model.h"
#include "carousel/train/state_dict.h"
#include "carousel/train/task.h"

#include "runs/fresh_folder.h"
#include "train/training_run.h"

namespace carousel::cli {

namespace fs = std::filesystem;
using nlohmann::json;

void TrainingRun::resume_from_checkpoint() {
  const fs::path last = request_.resumed->checkpoints() / "last";
  if (!fs::exists(last / "state.json")) {
    throw Error(
        fmt::format("the run '{}' has no checkpoint to go on from (it stopped before its first validation): "
                    "start it anew with --config {}",
                    request_.resumed->path().string(), request_.resumed->config().string()));
  }
  trainer_->load(last);
  first_ = trainer_->updates_done();
  if (first_ >= trainer_->options().updates) {
    throw Error(fmt::format("the run '{}' has done {} updates and --train-for is {}: give more to go on",
                            request_.resumed->path().string(), first_, request_.values.text("train-for")));
  }
}

json TrainingRun::adopt(const TensorMap& weights, const json& origin) {
  TensorMap all = state_dict(*model_);
  for (const auto& [name, tensor] : weights) all[name] = tensor;
  load_state_dict(*model_, all, origin.at("file").get<std::string>());
  origin_ = origin;
  start_record();
  FreshFolder fresh(folder_->path());
  const ValidationReport report = trainer_->begin_from_weights();
  json result = result_json({.why = StopReason::finished, .updates = 0, .last = report, .best = report});
  result["reason"] = "imported";
  meta_["result"] = result;
  write_json(folder_->meta(), meta_);
  record_->flush();
  fresh.keep();
  return result;
}

}  // namespace carousel::cli
