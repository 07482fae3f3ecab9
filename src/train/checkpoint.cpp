// Trainer::save and Trainer::load.
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <torch/optim/optimizer.h>
#include <torch/serialize.h>

#include "carousel/error.h"
#include "carousel/io/file.h"
#include "carousel/io/folder.h"
#include "carousel/train/evaluate.h"
#include "carousel/train/state_dict.h"
#include "carousel/train/trainer.h"

#include "train/random_state.h"

namespace carousel {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr int format_version = 1;

json to_json(const std::optional<ValidationReport>& report) {
  if (!report) return nullptr;
  const auto& s = report->score;
  return {{"update", report->update},   {"best", report->best},       {"loss_sum", s.loss_sum},
          {"loss_count", s.loss_count}, {"metric_sum", s.metric_sum}, {"metric_count", s.metric_count},
          {"loss", s.loss()},           {"metric", s.metric()}};
}

std::optional<ValidationReport> validation_from(const json& j) {
  if (j.is_null()) return {};
  ValidationReport report{.update = j.at("update"), .score = {}, .best = j.at("best")};
  report.score = {j.at("loss_sum"), j.at("loss_count"), j.at("metric_sum"), j.at("metric_count")};
  return report;
}

// Whatever a damaged file makes a parser throw becomes one sentence that names the file.
template <class Read> auto read_checked(const fs::path& path, Read read) {
  try {
    return read();
  } catch (const json::exception& e) {
    throw Error(fmt::format("checkpoint file {} is damaged: {}", path.string(), e.what()));
  } catch (const c10::Error& e) {
    throw Error(fmt::format("checkpoint file {} is damaged or of another optimiser: torch could not read it",
                            path.string()));
  }
}

std::string serialised(const torch::optim::Optimizer& optimiser) {
  torch::serialize::OutputArchive archive;
  optimiser.save(archive);
  std::ostringstream stream;
  archive.save_to(stream);
  return std::move(stream).str();
}

}  // namespace

void Trainer::save(const fs::path& folder) const {
  const fs::path aside = folder.parent_path() / (folder.filename().string() + ".new");
  make_empty_folder(aside);
  try {
    save_tensors(aside / "model.safetensors", state_dict(model_));
    write_file_atomically(aside / "optimiser.pt", serialised(*optimiser_));
    TensorMap tensors{{"generator.cpu", generator_state()}};
    for (std::size_t s = 0; s < carried_.size(); ++s) tensors[fmt::format("carried.{}", s)] = carried_[s];
    save_tensors(aside / "trainer.safetensors", tensors);
    const json state{
        {"format", format_version}, {"update", update_},      {"without_improvement", without_improvement_},
        {"best", to_json(best_)},   {"last", to_json(last_)}, {"schedule", schedule_.state()}};
    write_file_atomically(aside / "state.json", state.dump(2) + "\n");
    replace_folder(aside, folder);
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(aside, ignored);
    throw;
  }
}

void Trainer::load(const fs::path& folder) {
  recover_folder(folder);
  const auto model_path = folder / "model.safetensors", optimiser_path = folder / "optimiser.pt";
  const auto state_path = folder / "state.json", trainer_path = folder / "trainer.safetensors";

  const auto model_tensors = load_tensors(model_path);
  const auto trainer_tensors = load_tensors(trainer_path);
  const std::string optimiser_bytes = read_file(optimiser_path);
  const json state = read_checked(state_path, [&] { return json::parse(read_file(state_path)); });
  read_checked(state_path, [&] {
    if (state.at("format") != format_version) {
      throw Error(fmt::format("checkpoint {} has format {}: this program reads format {}", folder.string(),
                              state.at("format").dump(), format_version));
    }
    update_ = state.at("update");
    without_improvement_ = state.at("without_improvement");
    best_ = validation_from(state.at("best"));
    last_ = validation_from(state.at("last"));
    schedule_.load(state.at("schedule"));
  });
  load_state_dict(model_, model_tensors, model_path.string());
  read_checked(optimiser_path, [&] {
    std::istringstream stream(optimiser_bytes);
    torch::serialize::InputArchive archive;
    archive.load_from(stream);
    optimiser_->load(archive);
  });
  carried_.clear();
  for (std::size_t s = 0; trainer_tensors.contains(fmt::format("carried.{}", s)); ++s) {
    carried_.push_back(trainer_tensors.at(fmt::format("carried.{}", s)).to(device_of(model_)));
  }
  read_checked(trainer_path, [&] {
    const auto generator = trainer_tensors.find("generator.cpu");
    if (generator == trainer_tensors.end()) {
      throw Error(fmt::format("checkpoint file {} lacks generator.cpu", trainer_path.string()));
    }
    set_generator_state(generator->second);
  });
}

}  // namespace carousel
