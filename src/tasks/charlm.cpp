#include "carousel/tasks/charlm.h"

#include <algorithm>

#include <fmt/format.h>

#include "carousel/data/corpus.h"
#include "carousel/data/file.h"
#include "carousel/error.h"
#include "carousel/tasks/batching.h"
#include "carousel/tasks/common_settings.h"
#include "carousel/tasks/scoring.h"
#include "carousel/tasks/streams.h"
#include "carousel/torch.h"
#include "carousel/train/batch.h"

namespace carousel {
namespace {

Encoding encoding_of(const Settings& settings) {
  return settings.text("encoding") == "bytes" ? Encoding::bytes : Encoding::characters;
}

SplitFractions fractions_of(const Settings& settings, bool measured) {
  constexpr double rounding = 1e-9;  // 0.9 + 0.1 may be a little above 1
  const double valid = settings.number("valid-fraction"), test = settings.number("test-fraction");
  if (valid + test > 1.0 + rounding) {
    throw Error(
        fmt::format("--valid-fraction {} and --test-fraction {} are more than the whole text: their sum "
                    "must be at most 1",
                    valid, test));
  }
  if (!measured && valid + test > 1.0 - rounding) {
    throw Error(
        fmt::format("--valid-fraction {} and --test-fraction {} leave no text to train on: their sum must be "
                    "below 1",
                    valid, test));
  }
  return {.train = std::max(0.0, 1.0 - valid - test), .valid = valid, .test = test};
}

class CharacterTask : public Task {
 public:
  CharacterTask(const Settings& settings, const TaskContext& context) {
    const auto path = needed_path(settings, "text", "charlm", "a text", "FILE");
    const auto encoding = encoding_of(settings);
    auto corpus = context.memory.alphabet.empty() ? read_corpus(path, encoding)
                                                  : read_corpus(path, encoding, context.memory.alphabet);
    const auto parts = split_tokens(corpus.tokens, fractions_of(settings, context.measured));
    alphabet_ = std::move(corpus.alphabet);
    const std::string symbol = encoding == Encoding::bytes ? "byte" : "character";
    if (!context.measured) check_lengths(parts, settings, source_name(path), symbol);
    cut(parts, corpus.begins, settings);
    if (const auto files = corpus.begins.size() + 1; files > 1)
      notes_.push_back(fmt::format("{} files, each read from the start state", files));
    if (parts.train.empty()) {
      state_facts(corpus.tokens, symbol, "in the text");
    } else {
      state_facts(parts.train, symbol, "in the training text");
    }
  }

  const TaskFacts& facts() const override { return facts_; }
  std::vector<std::string> alphabet() const override { return alphabet_; }
  std::vector<std::string> notes() const override { return notes_; }
  std::int64_t batches(Split split) const override { return streams(split).segments(); }

  Batch batch(Split split, std::int64_t index) const override {
    return streams(split).segment(index % batches(split));
  }

  torch::Tensor loss(const torch::Tensor& output, const Batch& batch) const override {
    return mean_over_steps(cross_entropies(output, batch.target), batch);
  }

  Score score(const torch::Tensor& output, const Batch& batch) const override {
    return score_over_steps(cross_entropies(output, batch.target), batch);
  }

 private:
  static void check_lengths(const TokenSplit& parts, const Settings& settings, const std::string& source,
                            const std::string& symbol) {
    const std::int64_t batch = settings.integer("batch"), length = settings.integer("length");
    const auto count = static_cast<std::int64_t>(parts.train.size());
    if ((count - 1) / length < batch) {
      throw Error(
          fmt::format("{} has {} {}s to train on, but --batch {} streams of --length {} steps need {}: give "
                      "a longer text, or a "
                      "smaller batch or length",
                      source, count, symbol, batch, length, batch * length + 1));
    }
    for (const auto& [name, part] : {std::pair("valid", &parts.valid), std::pair("test", &parts.test)}) {
      if (part->size() != 1) continue;
      throw Error(
          fmt::format("--{}-fraction leaves 1 {} of {}, which nothing precedes: give a longer text, or a "
                      "larger fraction",
                      name, symbol, source));
    }
  }

  void cut(const TokenSplit& parts, const std::vector<std::size_t>& begins, const Settings& settings) {
    const std::int64_t batch = settings.integer("batch"), length = settings.integer("length");
    std::size_t first = 0;
    for (const auto* part : {&parts.train, &parts.valid, &parts.test}) {
      const auto end = first + part->size();
      streams_.emplace_back(*part, batch, length, part != &parts.train, places_within(begins, first, end));
      first = end;
    }
  }

  void state_facts(const std::vector<std::int32_t>& tokens, const std::string& symbol, const char* where) {
    const auto size = static_cast<std::int64_t>(alphabet_.size());
    facts_.input_size = facts_.output_size = size;
    facts_.metric = fmt::format("nats per {}", symbol);
    facts_.baseline = entropy_of_shares(tokens_of(tokens, {static_cast<std::int64_t>(tokens.size())}));
    facts_.baseline_text =
        fmt::format("knowing only how often each of the {} {}s occurs {}: their entropy, {:.3f}", size,
                    symbol, where, facts_.baseline);
  }

  const Streams& streams(Split split) const { return streams_[static_cast<std::size_t>(split)]; }

  std::vector<Streams> streams_;  // of train, valid and test
  std::vector<std::string> alphabet_, notes_;
  TaskFacts facts_{.name = "charlm",
                   .tokens = true,
                   .every_step = true,
                   .predicts_next = true,
                   .metric = {},
                   .baseline_text = {}};
};

class CharacterCodec : public TextCodec {
 public:
  CharacterCodec(Encoding encoding, std::vector<std::string> alphabet)
      : encoding_(encoding), alphabet_(std::move(alphabet)) {}

  std::vector<std::int64_t> encode(const std::string& text) const override {
    const auto tokens = carousel::encode(text, alphabet_, encoding_, "the prime");
    return {tokens.begin(), tokens.end()};
  }
  std::string decode(const std::vector<std::int64_t>& tokens) const override {
    return carousel::decode(std::vector<std::int32_t>(tokens.begin(), tokens.end()), alphabet_);
  }
  /// A new line where the text has them.
  std::int64_t start_token() const override {
    const auto found = std::find(alphabet_.begin(), alphabet_.end(), "\n");
    return found == alphabet_.end() ? 0 : found - alphabet_.begin();
  }
  std::int64_t end_token() const override { return -1; }

 private:
  Encoding encoding_;
  std::vector<std::string> alphabet_;
};

std::vector<Setting> settings() {
  return {
      path_setting("text", "the text file to learn, or a folder of them, each from the start state"),
      {.name = "encoding",
       .value = std::string("characters"),
       .help = "what one step reads: characters (the file must be UTF-8) or bytes (any file)",
       .choices = {"characters", "bytes"}},
      {.name = "length",
       .value = std::int64_t{50},
       .help = "steps of a segment, after which the gradient is cut and the state goes on",
       .min = 1,
       .max = 1'000'000},
      batch_setting(50),
      {.name = "valid-fraction",
       .value = 0.1,
       .help = "share of the text, after the training part, for validation; 1, the whole text, for eval only",
       .min = 0.001,
       .max = 1.0},
      {.name = "test-fraction", .value = 0.0, .help = "share at the end, for test", .min = 0.0, .max = 1.0}};
}

}  // namespace

TaskSpec charlm_task() {
  return {
      .name = "charlm",
      .summary = "the next character (or byte, --encoding bytes) of a text file",
      .needs = "a text: --text FILE",
      .settings = settings(),
      .model = {.cell = "lstm", .hidden = 128, .layers = 2},
      .training = {.validate_every = 400,
                   .init = {.forget_bias = 1.0},
                   .clip = {.mode = ClipMode::value, .limit = 5.0},
                   .optimiser = {.kind = OptimiserKind::rmsprop, .lr = 2e-3, .alpha = 0.95}},
      .epochs = 8.0,
      .make = [](const Settings& settings,
                 const TaskContext& context) { return std::make_unique<CharacterTask>(settings, context); },
      .codec =
          [](const Settings& settings, const std::vector<std::string>& alphabet) {
            return std::make_unique<CharacterCodec>(encoding_of(settings), alphabet);
          }};
}

}  // namespace carousel
