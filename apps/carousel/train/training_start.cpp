// How a run starts: its folder and record; and where it starts from when that is not drawn weights, but a
// checkpoint, or weights that were trained elsewhere.
#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/io/folder.h"
#include "carousel/model/sequence_model.h"
#include "carousel/text.h"
#include "carousel/train/checkpoint.h"
#include "carousel/train/state_dict.h"
#include "carousel/train/task.h"

#include "options/toml.h"
#include "runs/cell_json.h"
#include "runs/checkpoints.h"
#include "runs/fresh_folder.h"
#include "runs/learned_cells.h"
#include "runs/run_data.h"
#include "train/banner.h"
#include "train/training_run.h"

namespace carousel::cli {

namespace fs = std::filesystem;
using nlohmann::json;

void TrainingRun::resume_from_checkpoint() {
  const RunFolder& run = *request_.resumed;
  const std::string& asked = request_.values.text("checkpoint");
  goes_back_ = !asked.empty() && asked != "last";
  const auto from = asked.empty() ? newest_checkpoint(run) : std::optional(named_checkpoint(run, asked));
  starts_over_ = !from;
  if (starts_over_) return check_weights_are_drawn();
  load_checkpoint(*from);
  first_ = trainer_->updates_done();
  if (first_ > trainer_->options().updates) {
    throw Error(fmt::format("the run '{}' has done {} updates and --train-for is {}: give more to go on",
                            run.path().string(), first_, request_.values.text("train-for")));
  }
}

/// One that is damaged need not be the end of the run.
void TrainingRun::load_checkpoint(const fs::path& checkpoint) try {
  trainer_->load(checkpoint);
} catch (const Error& error) {
  auto others = checkpoint_names(*request_.resumed);
  std::erase(others, checkpoint.filename().string());
  if (others.empty()) throw;
  throw Error(
      fmt::format("{}; to go back to another, give --checkpoint with one of {}", error.what(), join(others)));
}

/// A run without a checkpoint starts from its beginning, where its seed says what that is.
void TrainingRun::check_weights_are_drawn() const {
  const RunFolder& run = *request_.resumed;
  const json meta = read_json(run.meta());
  if (!meta.contains("imported")) return;
  throw Error(fmt::format(
      "the run '{}' was to hold the weights of '{}', but the import ended before it wrote them: import them "
      "again, by {} --overwrite",
      run.path().string(), meta["imported"].value("file", ""),
      join(meta.value("command_line", std::vector<std::string>{"carousel", "import"}), " ")));
}

void TrainingRun::start_record() {
  const OptionValues& values = request_.values;
  RunFacts facts{.command_line = words_,
                 .seed = static_cast<std::uint64_t>(values.integer("seed")),
                 .threads = values.integer("threads"),
                 .device = values.text("device"),
                 .engine = engine_line(model_->recurrent()),
                 .parameters = count_parameters(*model_),
                 .forget_bias = keep_gate_bias(model_->recurrent()),
                 .task = task_->facts()};
  if (request_.resumed) facts.history = read_json(request_.resumed->meta());
  processes_before_ = group_ ? group_->size() : 1;
  if (request_.resumed) processes_before_ = facts.history.value("processes", 1);
  meta_ = meta_json(facts);
  meta_["processes"] = group_ ? group_->size() : 1;
  if (!origin_.is_null()) meta_["imported"] = origin_;
  meta_["data"] = data_facts(*request_.task, values);
  if (cell_.readings) meta_["cell"] = cell_json(cell_);
  std::map<std::string, std::string> files{{"config.toml", to_toml(values)}, {"meta.json", json_text(meta_)}};
  if (cell_.readings) files[cell_file_of_run] = cell_.source;
  if (const auto alphabet = task_->alphabet(); !alphabet.empty())
    files["alphabet.json"] = alphabet_text(alphabet);
  if (const auto schema = task_->schema(); !schema.empty()) files["schema.json"] = schema;

  if (request_.resumed) {
    folder_ = request_.resumed;
    remove_left_behind(fs::absolute(folder_->path()).parent_path());
    remove_left_behind(folder_->path());
    remove_left_behind(folder_->flow());
    tidy_checkpoints(*folder_);
    trainer_->write_checkpoints_to(folder_->checkpoints());
    if (goes_back_) go_back();
    // It may have been killed between the checkpoint and keeping it.
    const std::int64_t kept = values.integer("keep");
    if (kept > 0 && first_ > 0 && is_of_validation(folder_->checkpoints() / "last"))
      keep_last_checkpoint(*folder_, first_, kept);
    for (const auto& [name, content] : files) write_file_atomically(folder_->path() / name, content);
    return open_record();
  }
  auto made =
      RunFolder::create_locked({.root = values.text("runs-dir"),
                                .name = values.text("name"),
                                .stem = fmt::format("{}-{}", request_.task->name, values.text("cell")),
                                .overwrite = values.flag("overwrite"),
                                .files = std::move(files)});
  folder_ = made.folder;
  lock_ = std::move(made.lock);
  FreshFolder fresh(folder_->path());
  trainer_->write_checkpoints_to(folder_->checkpoints());
  open_record();
  fresh.keep();
}

void TrainingRun::open_record() {
  log_.write_to(folder_->log());
  record_from(first_);
  if (starts_over_) log_.say("the run stopped before its first checkpoint: it starts from its beginning");
}

RecordOptions TrainingRun::record_options() const {
  const OptionValues& values = request_.values;
  RecordOptions options{
      .columns = metric_columns({cell_.facts.gates.begin(), cell_.facts.gates.end()}, task_->facts().metric)};
  if (values.flag("tensorboard")) options.tensorboard = event_session(values, options.columns);
  return options;
}

/// The checkpoint that is gone back to becomes the last one, before anything after it is dropped.
void TrainingRun::go_back() {
  trainer_->save(folder_->checkpoints() / "last");
  restore_best();
  drop_checkpoints_after(*folder_, first_);
}

/// A best checkpoint of later gives way to the one that was best by then: where that was kept, or else the one
/// that is gone back to.
void TrainingRun::restore_best() {
  const fs::path best = folder_->checkpoints() / "best";
  if (checkpoint_update(best).value_or(first_ + 1) <= first_ || !trainer_->best()) return;
  const fs::path kept = folder_->checkpoints() / kept_name(trainer_->best()->update);
  if (fs::exists(kept)) return share_checkpoint(kept, best);
  trainer_->take_last_as_best();
  trainer_->save(best);
  trainer_->save(folder_->checkpoints() / "last");
}

ValidationReport TrainingRun::measured_weights(const std::string& file) try {
  return trainer_->begin_from_weights();
} catch (const NonFiniteError& error) {
  throw NonFiniteError(
      fmt::format("{}, with the weights of {}: import weights that compute numbers, or in --dtype double",
                  error.what(), file));
}

json TrainingRun::adopt(const TensorMap& weights, const json& origin) {
  TensorMap all = state_dict(*model_);
  for (const auto& [name, tensor] : weights) all[name] = tensor;
  load_state_dict(*model_, all, origin.at("file").get<std::string>());
  origin_ = origin;
  start_record();
  FreshFolder fresh(folder_->path());
  const ValidationReport report = measured_weights(origin.at("file").get<std::string>());
  json result = result_json({.why = StopReason::finished, .updates = 0, .last = report, .best = report});
  result["reason"] = "imported";
  meta_["result"] = result;
  write_json(folder_->meta(), meta_);
  record_->flush();
  fresh.keep();
  return result;
}

}  // namespace carousel::cli
