// A checkpoint knows itself: whatever is not what was saved is refused by name, and nothing in it is run.
#include "carousel/train/checkpoint.h"

#include <filesystem>
#include <random>

#include <c10/util/ConstexprCrc.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "carousel/error.h"
#include "carousel/train/state_dict.h"
#include "carousel/train/trainer.h"

#include "io/temporary_folder.h"
#include "support/error_of.h"
#include "support/toy_task.h"

namespace carousel::testing {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

TEST(Checkpoint, OfAnotherShapeIsRefusedAndNamesTheEntries) {
  TemporaryFolder folder;
  ToyTask task;
  const auto small = toy_model(task, {.hidden = 6}), large = toy_model(task, {.hidden = 7});
  Trainer(task, *small, short_run(1)).save(folder / "last");
  Trainer reader(task, *large, short_run(1));
  const auto before = flat(*large).clone();
  try {
    reader.load(folder / "last");
    FAIL() << "a checkpoint of another shape was accepted";
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("weight_ih_l0 is [24, 2], the model's is [28, 2]"),
              std::string::npos)
        << e.what();
  }
  EXPECT_TRUE(torch::equal(flat(*large), before));
}

TEST(Checkpoint, WithAnyFileDamagedIsRefusedByName) {
  for (const char* name :
       {"model.safetensors", "trainer.safetensors", "optimiser.safetensors", "state.json"}) {
    TemporaryFolder folder;
    ToyTask task;
    const auto model = toy_model(task);
    Trainer trainer(task, *model, short_run(1));
    trainer.run();
    trainer.save(folder / "last");
    fs::resize_file(folder / "last" / name, fs::file_size(folder / "last" / name) / 2);
    try {
      trainer.load(folder / "last");
      FAIL() << name << " was cut in half and accepted";
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find(name), std::string::npos) << e.what();
    }
  }
}

/// A checkpoint after a few updates with a validation, and what a fresh trainer says of it.
class SavedTraining : public ::testing::Test {
 protected:
  SavedTraining() : folder_(space_ / "last"), model_(toy_model(task_)), trainer_(task_, *model_, options()) {
    trainer_.run();
    trainer_.save(folder_);
  }

  static TrainerOptions options(OptimiserKind kind = OptimiserKind::adam, std::int64_t updates = 3) {
    auto options = short_run(updates);
    options.optimiser.kind = kind;
    return options;
  }

  std::string refusal() {
    return error_of([&] { trainer_.load(folder_); });
  }

  json state() const { return json::parse(content_of(folder_ / "state.json")); }

  /// Changes state.json and gives it a hash that is right.
  template <class Change> void seal(Change change) {
    json changed = state();
    changed.erase("crc64");
    change(changed);
    for (auto& [name, file] : changed["files"].items()) {
      const std::string bytes = content_of(folder_ / name);
      file = {{"bytes", bytes.size()}, {"crc64", hash(bytes)}};
    }
    changed["crc64"] = hash(changed.dump(2) + "\n");
    put(folder_ / "state.json", changed.dump(2) + "\n");
  }

  static std::string hash(const std::string& bytes) {
    return fmt::format("{:016x}", c10::util::crc64(bytes).checksum());
  }

  TemporaryFolder space_;
  fs::path folder_;
  ToyTask task_;
  std::shared_ptr<SequenceModel> model_;
  Trainer trainer_;
};

constexpr const char* files[] = {"model.safetensors", "optimiser.safetensors", "trainer.safetensors",
                                 "state.json"};

TEST_F(SavedTraining, FindsEveryOneOfAThousandFlippedBits) {
  ASSERT_EQ(refusal(), "");
  std::mt19937 random(7);
  for (int flip = 0; flip < 1000; ++flip) {
    const fs::path path = folder_ / files[flip % 4];
    const std::string whole = content_of(path);
    std::string damaged = whole;
    const std::size_t bit = random() % (8 * whole.size());
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    put(path, damaged);
    EXPECT_NE(refusal().find(path.filename().string()), std::string::npos) << "bit " << bit;
    put(path, whole);
  }
  EXPECT_EQ(refusal(), "");
}

TEST_F(SavedTraining, RefusesAFileOfAnotherRunAndAMissingOne) {
  ToyTask task;
  const auto model = toy_model(task, {.hidden = 6}, 5);
  Trainer other(task, *model, options());
  other.run();
  other.save(space_ / "other");
  const auto before = flat(*model_).clone();
  for (const char* name : {"model.safetensors", "optimiser.safetensors", "trainer.safetensors"}) {
    const std::string own = content_of(folder_ / name);
    if (own == content_of(space_ / "other" / name)) continue;
    put(folder_ / name, content_of(space_ / "other" / name));
    EXPECT_NE(refusal().find(name), std::string::npos) << name;
    fs::remove(folder_ / name);
    EXPECT_NE(refusal().find(name), std::string::npos) << name;
    put(folder_ / name, own);
  }
  EXPECT_TRUE(torch::equal(flat(*model_), before)) << "nothing was changed by what was refused";
}

TEST_F(SavedTraining, RefusesSoundlySealedNonsenseInOneSentence) {
  const std::vector<std::pair<const char*, json>> wrong{
      {"update", -1},          {"update", "three"},      {"update", 1.5},
      {"best", json::array()}, {"schedule", "cosine"},   {"optimiser", 7},
      {"carried", -2},         {"rate_factor", nullptr}, {"skipped", json::object()}};
  const std::string sound = content_of(folder_ / "state.json");
  for (const auto& [key, value] : wrong) {
    seal([&](json& state) { state[key] = value; });
    EXPECT_NE(refusal(), "") << key << " = " << value.dump();
    put(folder_ / "state.json", sound);
  }
  for (const char* text : {"[]", "3", "null", "{}", "{\"format\": []}", "", "{\"a\xff\": 1"}) {
    put(folder_ / "state.json", text);
    EXPECT_NE(refusal().find("damaged"), std::string::npos) << text;
    EXPECT_EQ(refusal().find('\xff'), std::string::npos) << "bytes that are no text are not shown";
  }
}

TEST_F(SavedTraining, OfAnotherFormatSaysWhichItIs) {
  seal([](json& state) { state["format"] = 1; });
  EXPECT_NE(refusal().find("has format 1, and this program reads format 2"), std::string::npos) << refusal();
}

TEST_F(SavedTraining, OfAnotherOptimiserNamesBoth) {
  Trainer sgd(task_, *model_, options(OptimiserKind::sgd));
  const auto refused = error_of([&] { sgd.load(folder_); });
  EXPECT_NE(refused.find("'adam', but --optimiser is 'sgd'"), std::string::npos) << refused;
}

// What the hashes cannot know: a file that was written in this form by someone else.
TEST_F(SavedTraining, ChecksEveryTensorOfTheOptimiser) {
  const fs::path path = folder_ / "optimiser.safetensors";
  const TensorMap sound = load_tensors(path);
  const auto with = [&](const std::string& name, const torch::Tensor& tensor) {
    TensorMap tensors = sound;
    tensor.defined() ? void(tensors[name] = tensor) : void(tensors.erase(name));
    save_tensors(path, tensors);
    seal([](json&) {});
    return refusal();
  };
  const std::string entry = "head.bias.exp_avg", step = "head.bias.step";
  EXPECT_EQ(with(entry, sound.at(entry)), "");
  EXPECT_NE(with(entry, torch::zeros({9})).find("head.bias.exp_avg is Float [9], not Float [1]"),
            std::string::npos);
  EXPECT_NE(with(entry, torch::zeros({1}, torch::kDouble)).find("Double"), std::string::npos);
  EXPECT_NE(with(entry, {}).find("head.bias.exp_avg is missing"), std::string::npos);
  EXPECT_NE(with("stranger.exp_avg", torch::zeros({1})).find("stranger.exp_avg was not expected"),
            std::string::npos);
  EXPECT_NE(with(step, torch::scalar_tensor(-1, torch::kLong)).find("-1"), std::string::npos);
}

TEST_F(SavedTraining, LetsAModelBeReadOnlyAsItWasSaved) {
  const fs::path model = folder_ / "model.safetensors";
  EXPECT_EQ(error_of([&] { check_file_of_checkpoint(model); }), "");
  std::string bytes = content_of(model);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  put(model, bytes);
  EXPECT_NE(error_of([&] { check_file_of_checkpoint(model); }).find("model.safetensors"), std::string::npos);
  put(space_ / "alone/model.safetensors", bytes);
  EXPECT_EQ(error_of([&] { check_file_of_checkpoint(space_ / "alone/model.safetensors"); }), "");
}

}  // namespace
}  // namespace carousel::testing
