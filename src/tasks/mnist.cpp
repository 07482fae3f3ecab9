#include "carousel/tasks/mnist.h"

#include <array>

#include <fmt/format.h>

#include "carousel/data/file.h"
#include "carousel/data/idx.h"
#include "carousel/error.h"
#include "carousel/tasks/batching.h"
#include "carousel/tasks/common_settings.h"
#include "carousel/tasks/scoring.h"
#include "carousel/torch.h"
#include "carousel/train/batch.h"

namespace carousel {
namespace {

constexpr std::int64_t validation_share = 12;  // the last twelfth of the training file
constexpr std::int64_t digits = 10;
constexpr BatchId permutation{.seed = 92916};  // of every run

struct Images {
  torch::Tensor pixels;  // [count, rows columns] uint8
  torch::Tensor labels;  // [count] int64
  std::int64_t columns = 0;

  std::int64_t count() const { return pixels.size(0); }
};

Images read_images(const std::filesystem::path& folder, const std::string& part) {
  const auto labels = folder / (part + "-labels-idx1-ubyte");
  const auto data = read_labelled_images(folder / (part + "-images-idx3-ubyte"), labels);
  Images images{copy_of(data.pixels, {data.count, data.rows * data.columns}),
                copy_of(data.labels, {data.count}).to(torch::kInt64), data.columns};
  const auto largest = images.labels.max().item<std::int64_t>();
  if (largest >= digits) {
    throw Error(fmt::format("{} has the label {}: a digit is from 0 to 9", source_name(labels), largest));
  }
  return images;
}

Images narrow(const Images& images, std::int64_t first, std::int64_t count) {
  return {images.pixels.narrow(0, first, count), images.labels.narrow(0, first, count), images.columns};
}

class MnistTask : public Task {
 public:
  MnistTask(const Settings& settings, std::uint64_t seed)
      : MnistTask(settings, seed, needed_path(settings, "data", "mnist", "a folder", "FOLDER")) {}

  const TaskFacts& facts() const override { return facts_; }
  std::int64_t batches(Split split) const override { return plan_.batches(split); }

  Batch batch(Split split, std::int64_t index) const override {
    Batch batch;
    batch.examples = plan_.examples(split, index);
    const auto count = static_cast<std::int64_t>(batch.examples.size());
    const auto chosen = copy_of(batch.examples, {count});
    const auto& images = parts_[static_cast<std::size_t>(split)];
    const auto steps =
        images.pixels.index_select(0, chosen).view({count, -1, facts_.input_size}).transpose(0, 1);
    batch.input = steps.to(torch::kFloat).div_(255).contiguous();
    batch.target = images.labels.index_select(0, chosen);
    return batch;
  }

  torch::Tensor loss(const torch::Tensor& output, const Batch& batch) const override {
    return cross_entropies(output, batch.target).mean();
  }

  Score score(const torch::Tensor& output, const Batch& batch) const override {
    return score_of_classes(output, batch);
  }

 private:
  MnistTask(const Settings& settings, std::uint64_t seed, const std::filesystem::path& folder) {
    const auto train = read_images(folder, "train"), test = read_images(folder, "t10k");
    const std::int64_t held_out = train.count() / validation_share, learnt = train.count() - held_out;
    if (held_out == 0 || test.pixels.size(1) != train.pixels.size(1)) {
      throw Error(fmt::format(
          "{} has {} training images of {} pixels and test images of {}: at least {} of one size "
          "are needed",
          source_name(folder), train.count(), train.pixels.size(1), test.pixels.size(1), validation_share));
    }
    parts_ = {narrow(train, 0, learnt), narrow(train, learnt, held_out), test};
    if (settings.flag("permuted")) permute();
    plan_ = BatchPlan({learnt, held_out, test.count()}, settings.integer("batch"), seed);
    facts_.input_size = settings.text("by") == "rows" ? train.columns : 1;
    facts_.baseline = largest_share(parts_[0].labels);
    facts_.baseline_text =
        fmt::format("always naming the commonest digit of the training set: {:.4f}", facts_.baseline);
  }

  void permute() {
    const std::int64_t pixels = parts_[0].pixels.size(1);
    const auto order = copy_of(shuffled(pixels, permutation), {pixels});
    for (auto& part : parts_) part.pixels = part.pixels.index_select(1, order);
  }

  std::array<Images, 3> parts_;  // train, valid, test
  BatchPlan plan_{{0, 0, 0}, 1, 0};
  TaskFacts facts_{.name = "mnist",
                   .output_size = digits,
                   .metric = "accuracy",
                   .lower_is_better = false,
                   .baseline_text = {}};
};

}  // namespace

TaskSpec mnist_task() {
  return {.name = "mnist",
          .summary = "handwritten digits, read row by row or pixel by pixel",
          .needs = "the four idx files of MNIST: --data FOLDER",
          .settings = {path_setting("data", "the folder with train-images-idx3-ubyte and the other three"),
                       {.name = "by",
                        .value = std::string("rows"),
                        .help = "what one step reads: a row of 28 pixels or a single pixel",
                        .choices = {"rows", "pixels"}},
                       {.name = "permuted", .value = false, .help = "the pixels in one fixed random order"},
                       batch_setting(100)},
          .model = {.cell = "lstm", .hidden = 128},
          .training = {.validate_every = 550,
                       .init = {.forget_bias = 1.0},
                       .clip = {.mode = ClipMode::norm, .limit = 1.0},
                       .optimiser = {.kind = OptimiserKind::rmsprop, .lr = 1e-3}},
          .epochs = 8.0,
          .make = [](const Settings& settings, const TaskContext& context) {
            return std::make_unique<MnistTask>(settings, context.seed);
          }};
}

}  // namespace carousel
