#include "carousel/tasks/music.h"

#include <array>

#include <fmt/format.h>

#include "carousel/data/file.h"
#include "carousel/data/piano_roll.h"
#include "carousel/error.h"
#include "carousel/tasks/batching.h"
#include "carousel/tasks/common_settings.h"
#include "carousel/tasks/scoring.h"
#include "carousel/torch.h"
#include "carousel/train/batch.h"

namespace carousel {
namespace {

using Pieces = std::vector<torch::Tensor>;  // [T + 1, 88] uint8 each

/// The pieces of a file in which there is a step to predict.
Pieces read_pieces(const std::filesystem::path& path) {
  Pieces pieces;
  for (const auto& roll : read_piano_rolls(path)) {
    if (roll.length > 1) pieces.push_back(copy_of(roll.keys, {roll.length, piano_keys}));
  }
  if (pieces.empty())
    throw Error(source_name(path) + " has no piece of two steps or more: nothing can be predicted");
  return pieces;
}

torch::Tensor all_but_last(const torch::Tensor& piece) {
  return piece.narrow(0, 0, piece.size(0) - 1);
}
torch::Tensor all_but_first(const torch::Tensor& piece) {
  return piece.narrow(0, 1, piece.size(0) - 1);
}

/// Sum of the entropies of the keys, each sounding by itself as often as it does in the predicted steps, in nats.
double entropy_of_keys(const Pieces& pieces) {
  Pieces predicted;
  for (const auto& piece : pieces) predicted.push_back(all_but_first(piece));
  const auto share = torch::cat(predicted).to(torch::kDouble).mean(0);
  return 0.0 - (torch::xlogy(share, share) + torch::xlogy(1 - share, 1 - share)).sum().item<double>();
}

/// The negative log-likelihood of the keys of each step, [T, B].
torch::Tensor step_losses(const torch::Tensor& logits, const Batch& batch) {
  const auto target = batch.target.to(logits.scalar_type());
  return torch::binary_cross_entropy_with_logits(logits, target, {}, {}, at::Reduction::None).sum(-1);
}

class MusicTask : public Task {
 public:
  MusicTask(const Settings& settings, std::uint64_t seed)
      : pieces_(read_set(needed_path(settings, "data", "music", "a folder of piano rolls", "FOLDER"),
                         settings.text("set"))),
        plan_({count(0), count(1), count(2)}, settings.integer("batch"), seed) {
    facts_.baseline = entropy_of_keys(pieces_[0]);
    facts_.baseline_text = fmt::format(
        "knowing only how often each key sounds in the training set: the sum of their entropies, {:.2f} (88 "
        "ln 2 = "
        "61.00 with every key at 1/2)",
        facts_.baseline);
  }

  const TaskFacts& facts() const override { return facts_; }
  std::int64_t batches(Split split) const override { return plan_.batches(split); }

  Batch batch(Split split, std::int64_t index) const override {
    Batch batch;
    batch.examples = plan_.examples(split, index);
    Pieces inputs, targets;
    for (const auto example : batch.examples) {
      const auto& piece = pieces_[static_cast<std::size_t>(split)][static_cast<std::size_t>(example)];
      inputs.push_back(all_but_last(piece));
      targets.push_back(all_but_first(piece));
    }
    batch.input = padded(inputs).to(torch::kFloat);
    batch.target = padded(targets).to(torch::kFloat);
    batch.lengths = lengths_of(inputs);
    return batch;
  }

  torch::Tensor loss(const torch::Tensor& output, const Batch& batch) const override {
    return mean_over_steps(step_losses(output, batch), batch);
  }

  Score score(const torch::Tensor& output, const Batch& batch) const override {
    return score_over_steps(step_losses(output, batch), batch);
  }

 private:
  static std::array<Pieces, 3> read_set(const std::filesystem::path& folder, const std::string& set) {
    const auto part = [&](const char* name) { return read_pieces(folder / (set + "." + name + ".txt")); };
    return {part("train"), part("valid"), part("test")};
  }
  std::int64_t count(std::size_t part) const { return static_cast<std::int64_t>(pieces_[part].size()); }

  std::array<Pieces, 3> pieces_;
  BatchPlan plan_;
  TaskFacts facts_{.name = "music",
                   .input_size = piano_keys,
                   .output_size = piano_keys,
                   .every_step = true,
                   .predicts_next = true,
                   .metric = "nats per step",
                   .baseline_text = {}};
};

}  // namespace

TaskSpec music_task() {
  return {.name = "music",
          .summary = "which piano keys sound next, in chorales or folk tunes",
          .needs = "a folder of piano rolls: --data FOLDER",
          .settings = {path_setting("data",
                                    "the folder with <set>.train.txt, <set>.valid.txt and <set>.test.txt"),
                       {.name = "set",
                        .value = std::string("jsb"),
                        .help = "which music",
                        .choices = {"jsb", "nottingham"}},
                       batch_setting(8)},
          .model = {.cell = "lstm", .hidden = 36},
          .training = {.validate_every = 29,
                       .patience = 20,
                       .init = {.forget_bias = 1.0},
                       .clip = {.mode = ClipMode::norm, .limit = 1.0},
                       .optimiser = {.kind = OptimiserKind::adam, .lr = 5e-3}},
          .epochs = 120.0,
          .make = [](const Settings& settings, const TaskContext& context) {
            return std::make_unique<MusicTask>(settings, context.seed);
          }};
}

}  // namespace carousel
