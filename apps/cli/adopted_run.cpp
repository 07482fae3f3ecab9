// TrainingRun::adopt: a run of weights that were trained elsewhere.
#include "carousel/error.h"

#include "cli/fresh_folder.h"
#include "cli/result.h"
#include "cli/training_run.h"

namespace carousel::cli {

using nlohmann::json;

json TrainingRun::adopt(const TensorMap& weights, const json& origin) {
  TensorMap all = state_dict(*model_);
  for (const auto& [name, tensor] : weights) all[name] = tensor;
  load_state_dict(*model_, all, origin.at("file").get<std::string>());
  origin_ = origin;
  start_record();
  FreshFolder fresh(folder_->path());
  const ValidationReport report = trainer_->begin_from_weights();
  const TaskFacts& facts = task_->facts();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start_;
  meta_["result"] = {{"task", facts.name},
                     {"cell", request_.values.text("cell")},
                     {"parameters", meta_["parameters"]},
                     {"updates", 0},
                     {"seconds", seconds.count()},
                     {"reason", "imported"},
                     {"verdict", nullptr},
                     {"metric_name", facts.metric},
                     {"baseline", facts.baseline},
                     {"best", score_json(report)},
                     {"last", score_json(report)},
                     {"run", folder_->path().string()}};
  write_json(folder_->meta(), meta_);
  record_->flush();
  fresh.keep();
  return meta_["result"];
}

}  // namespace carousel::cli
