// Trainer::save and Trainer::load.
#include "carousel/train/checkpoint.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "carousel/error.h"
#include "carousel/io/folder.h"
#include "carousel/torch.h"
#include "carousel/train/evaluate.h"
#include "carousel/train/state_dict.h"
#include "carousel/train/trainer.h"

#include "recurrent/random_state.h"
#include "train/checkpoint_state.h"
#include "train/optimiser_state.h"
#include "train/own_part.h"

namespace carousel {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

json to_json(const std::optional<ValidationReport>& report) {
  if (!report) return nullptr;
  const auto& s = report->score;
  return {{"update", report->update},   {"best", report->best},       {"loss_sum", s.loss_sum},
          {"loss_count", s.loss_count}, {"metric_sum", s.metric_sum}, {"metric_count", s.metric_count},
          {"loss", s.loss()},           {"metric", s.metric()},       {"root", s.root}};
}

std::optional<ValidationReport> validation_from(const json& j) {
  if (j.is_null()) return {};
  ValidationReport report{.update = count_in(j, "update"), .score = {}, .best = j.at("best")};
  report.score = {j.at("loss_sum"), j.at("loss_count"), j.at("metric_sum"), j.at("metric_count"),
                  j.value("root", false)};
  return report;
}

void require_optimiser(const json& state, const torch::optim::Optimizer& optimiser) {
  const auto saved = state.at("optimiser").get<std::string>();
  if (saved == optimiser_kind(optimiser)) return;
  throw Error(
      fmt::format("the checkpoint's optimiser is '{}', but --optimiser is '{}': give --optimiser {} or "
                  "start a new run",
                  saved, optimiser_kind(optimiser), saved));
}

const torch::Tensor& tensor_in(const TensorMap& tensors, const std::string& name, const fs::path& file) {
  const auto found = tensors.find(name);
  if (found == tensors.end()) throw Error(fmt::format("checkpoint file {} lacks {}", file.string(), name));
  return found->second;
}

bool differs_by_a_percent(double a, double b) {
  return !(std::abs(a - b) <= 0.01 * std::max(a, b));
}

}  // namespace

void Trainer::save(const fs::path& folder) const {
  std::vector<torch::Tensor> carried;
  for (const auto& state : carried_) carried.push_back(part_->whole_state(state));
  part_->by_first([&] { write(folder, carried); });
}

void Trainer::write(const fs::path& folder, const std::vector<torch::Tensor>& carried) const {
  const fs::path aside = folder.parent_path() / (folder.filename().string() + ".new");
  make_empty_folder(aside);
  try {
    save_tensors(aside / "model.safetensors", state_dict(model_));
    save_tensors(aside / "optimiser.safetensors", optimiser_state(*optimiser_, parameters_once(model_)));
    TensorMap tensors{{"generator.cpu", generator_state()}};
    for (std::size_t s = 0; s < carried.size(); ++s) tensors[fmt::format("carried.{}", s)] = carried[s];
    save_tensors(aside / "trainer.safetensors", tensors);
    write_checkpoint_state(aside, {{"update", update_},
                                   {"without_improvement", without_improvement_},
                                   {"skipped", skipped_},
                                   {"went_back", backs_},
                                   {"rate_factor", rate_factor_},
                                   {"best", to_json(best_)},
                                   {"last", to_json(last_)},
                                   {"optimiser", optimiser_kind(*optimiser_)},
                                   {"schedule", schedule_.state()},
                                   {"next_rate", next_rate()},
                                   {"carried", carried.size()}});
    replace_folder(aside, folder);
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(aside, ignored);
    throw;
  }
}

void Trainer::load(const fs::path& folder) try {
  part_->by_first([&] { recover_folder(folder); });
  const fs::path trainer_path = folder / "trainer.safetensors", model_path = folder / "model.safetensors";
  const fs::path optimiser_path = folder / "optimiser.safetensors";
  const json state = checked_checkpoint(folder);

  // Everything is read and checked before anything is changed.
  const std::int64_t update = count_in(state, "update"), skipped = count_in(state, "skipped");
  const std::int64_t backs = count_in(state, "went_back");
  const std::int64_t without_improvement = count_in(state, "without_improvement");
  const double factor = state.at("rate_factor"), rate = state.at("next_rate");
  const auto best = validation_from(state.at("best")), last = validation_from(state.at("last"));
  Schedule schedule = schedule_;
  schedule.load(state.at("schedule"));
  require_optimiser(state, *optimiser_);
  auto kept = checked_optimiser_state(*optimiser_, parameters_once(model_), load_tensors(optimiser_path),
                                      optimiser_path.string());
  const TensorMap tensors = load_tensors(trainer_path);
  const auto generator = tensor_in(tensors, "generator.cpu", trainer_path);
  std::vector<torch::Tensor> carried;
  for (std::int64_t s = 0; s < count_in(state, "carried"); ++s)
    carried.push_back(part_->part_of_state(tensor_in(tensors, fmt::format("carried.{}", s), trainer_path))
                          .to(device_of(model_)));
  const TensorMap weights = load_tensors(model_path);
  load_state_dict(model_, weights, model_path.string());

  set_generator_state(generator);
  set_optimiser_state(*optimiser_, std::move(kept));
  schedule_ = std::move(schedule);
  update_ = update, skipped_ = skipped, backs_ = backs, without_improvement_ = without_improvement;
  rate_factor_ = factor, best_ = best, last_ = last, carried_ = std::move(carried);
  rate_before_load_ = differs_by_a_percent(rate, next_rate()) ? std::optional(rate) : std::nullopt;
} catch (const json::exception& error) {
  throw Error(
      fmt::format("checkpoint file {} is damaged: {}", (folder / "state.json").string(), error.what()));
}

}  // namespace carousel
