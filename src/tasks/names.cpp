#include "carousel/tasks/names.h"

#include <fmt/format.h>

#include "carousel/data/file.h"
#include "carousel/data/name_list.h"
#include "carousel/error.h"
#include "carousel/tasks/batching.h"
#include "carousel/tasks/common_settings.h"
#include "carousel/tasks/scoring.h"
#include "carousel/tasks/stream_pieces.h"
#include "carousel/torch.h"
#include "carousel/train/batch.h"

namespace carousel {
namespace {

using Name = std::vector<std::int32_t>;

/// One name in ten, by a hash of its letters.
bool for_validation(const Name& name, const Alphabet& alphabet) {
  std::uint64_t hash = 0;
  for (const auto token : name) {
    for (const char byte : alphabet[static_cast<std::size_t>(token)])
      hash = splitmix64(hash ^ static_cast<unsigned char>(byte));
  }
  return hash % 10 == 0;
}

class NamesTask : public Task {
 public:
  NamesTask(const Settings& settings, const TaskContext& context)
      : NamesTask(settings, context, needed_path(settings, "text", "names", "a list of names", "FILE")) {}

  const TaskFacts& facts() const override { return facts_; }
  std::vector<std::string> alphabet() const override { return alphabet_; }
  std::int64_t batches(Split split) const override { return plan_.batches(split); }

  Batch batch(Split split, std::int64_t index) const override {
    Batch batch;
    batch.examples = plan_.examples(split, index);
    std::vector<torch::Tensor> inputs, targets;
    for (const auto example : batch.examples) {
      const auto& name = (split == Split::train ? train_ : valid_)[static_cast<std::size_t>(example)];
      inputs.push_back(name.narrow(0, 0, name.size(0) - 1));
      targets.push_back(name.narrow(0, 1, name.size(0) - 1));
    }
    if (pack_) return packed(std::move(batch), inputs, targets);
    batch.input = padded(inputs);
    batch.target = padded(targets);
    batch.lengths = lengths_of(inputs);
    return batch;
  }

  torch::Tensor loss(const torch::Tensor& output, const Batch& batch) const override {
    return mean_over_steps(cross_entropies(output, batch.target), batch);
  }

  Score score(const torch::Tensor& output, const Batch& batch) const override {
    return score_over_steps(cross_entropies(output, batch.target), batch);
  }

 private:
  NamesTask(const Settings& settings, const TaskContext& context, const std::filesystem::path& path)
      : pack_(settings.flag("pack")) {
    auto list = context.memory.alphabet.empty()
                    ? read_names(path)
                    : read_names(path, Encoding::characters, context.memory.alphabet);
    alphabet_ = std::move(list.alphabet);
    for (auto& name : list.names) {
      auto& part = for_validation(name, alphabet_) ? valid_ : train_;
      name.insert(name.begin(), end_of_name);  // the start of a name is the end of another
      part.push_back(tokens_of(name, {static_cast<std::int64_t>(name.size())}));
    }
    if (!context.measured && (train_.empty() || valid_.empty())) {
      throw Error(fmt::format("{} has {} names, of which {} are for validation: give a longer list",
                              source_name(path), list.names.size(), valid_.size()));
    }
    plan_ = BatchPlan({static_cast<std::int64_t>(train_.size()), static_cast<std::int64_t>(valid_.size()), 0},
                      settings.integer("batch"), context.seed);
    state_facts();
  }

  /// The names of a batch end to end: the same loss and gradient from fewer rows.
  static Batch packed(Batch batch, const std::vector<torch::Tensor>& inputs,
                      const std::vector<torch::Tensor>& targets) {
    std::vector<std::int64_t> lengths;
    for (const auto& input : inputs) lengths.push_back(input.size(0));
    const auto pieces = StreamPieces::end_to_end(lengths);
    batch.input = pieces.join(inputs);
    batch.target = pieces.join(targets);
    batch.lengths = pieces.lengths();
    batch.resets = pieces.resets();
    return batch;
  }

  void state_facts() {
    std::vector<torch::Tensor> predicted;
    for (const auto& name : train_.empty() ? valid_ : train_)
      predicted.push_back(name.narrow(0, 1, name.size(0) - 1));
    facts_.input_size = facts_.output_size = static_cast<std::int64_t>(alphabet_.size());
    facts_.baseline = entropy_of_shares(torch::cat(predicted));
    facts_.baseline_text = fmt::format(
        "knowing only how often each of the {} characters and the end occur in the training names: their "
        "entropy, "
        "{:.3f}",
        alphabet_.size() - 1, facts_.baseline);
  }

  bool pack_ = false;
  std::vector<torch::Tensor> train_, valid_;  // start, letters, end
  std::vector<std::string> alphabet_;
  BatchPlan plan_{{0, 0, 0}, 1, 0};
  TaskFacts facts_{.name = "names",
                   .tokens = true,
                   .every_step = true,
                   .predicts_next = true,
                   .metric = "nats per character",
                   .baseline_text = {}};
};

class NamesCodec : public TextCodec {
 public:
  explicit NamesCodec(std::vector<std::string> alphabet) : alphabet_(std::move(alphabet)) {}

  std::vector<std::int64_t> encode(const std::string& text) const override {
    const auto tokens = carousel::encode(text, alphabet_, Encoding::characters, "the prime");
    return {tokens.begin(), tokens.end()};
  }
  std::string decode(const std::vector<std::int64_t>& tokens) const override {
    return carousel::decode(std::vector<std::int32_t>(tokens.begin(), tokens.end()), alphabet_);
  }
  std::int64_t start_token() const override { return end_of_name; }
  std::int64_t end_token() const override { return end_of_name; }

 private:
  std::vector<std::string> alphabet_;
};

}  // namespace

TaskSpec names_task() {
  return {.name = "names",
          .summary = "the letters of a name, one after the other, and where it ends",
          .needs = "a list of names, one a line: --text FILE",
          .settings = {path_setting("text", "the list of names, one a line, UTF-8"), batch_setting(64),
                       pack_setting("names")},
          .model = {.cell = "lstm", .hidden = 128},
          .training = {.validate_every = 450,
                       .init = {.forget_bias = 1.0},
                       .clip = {.mode = ClipMode::norm, .limit = 1.0},
                       .optimiser = {.kind = OptimiserKind::adam, .lr = 2e-3}},
          .epochs = 8.0,
          .make = [](const Settings& settings,
                     const TaskContext& context) { return std::make_unique<NamesTask>(settings, context); },
          .codec =
              [](const Settings&, const std::vector<std::string>& alphabet) {
                return std::make_unique<NamesCodec>(alphabet);
              }};
}

}  // namespace carousel
