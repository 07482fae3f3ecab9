// music, vowels and mnist: what their files become.
#include <cmath>

#include <fmt/format.h>

#include "carousel/tasks/table_task.h"

#include "tasks/task_support.h"

namespace carousel {
namespace {

using test::make_task;
using test::message_of;
using testing::ElementsAre;
using testing::HasSubstr;

const test::StandIns& stand_in_files() {
  static const test::StandIns data;
  return data;
}

std::unique_ptr<Task> small(const std::string& name, std::map<std::string, SettingValue> more = {},
                            std::uint64_t seed = 1) {
  more.merge(stand_in_files().settings_of(name));
  return make_task(name, more, {.seed = seed});
}

/// The score of giving one answer at every step or sequence of the training set.
Score constant_answer(const Task& task, const torch::Tensor& answer) {
  Score score;
  for (std::int64_t i = 0; i < task.batches(Split::train); ++i) {
    const auto batch = task.batch(Split::train, i);
    const auto output = task.facts().every_step ? answer.expand({batch.steps(), batch.sequences(), -1})
                                                : answer.expand({batch.sequences(), -1});
    score += task.score(output, batch);
  }
  return score;
}

TEST(Music, PredictsTheKeysOfTheNextStepAndLeavesOutPiecesOfOneStep) {
  const auto task = small("music");
  EXPECT_EQ(task->batches(Split::valid), 2) << "three pieces are left";
  const auto batch = task->batch(Split::valid, 0);
  EXPECT_TRUE(batch.lengths.equal(torch::tensor({3, 1}, torch::kInt64)));
  EXPECT_TRUE(batch.input.narrow(0, 1, 2).select(1, 0).equal(batch.target.narrow(0, 0, 2).select(1, 0)));
  EXPECT_TRUE(batch.input[0][0].nonzero().flatten().equal(torch::tensor({0, 4, 7}, torch::kInt64)));
  EXPECT_TRUE(batch.target[2][0].nonzero().flatten().equal(torch::tensor({87}, torch::kInt64)));
}

TEST(Music, HasTheBaselineThatTheSharesOfTheKeysReach) {
  const auto task = small("music");
  std::vector<torch::Tensor> steps;
  for (std::int64_t i = 0; i < task->batches(Split::train); ++i) {
    const auto batch = task->batch(Split::train, i);
    steps.push_back(batch.target.flatten(0, 1).index({(step_mask(batch) == 1).flatten()}));
  }
  const auto share = torch::cat(steps).to(torch::kDouble).mean(0);
  const auto logits = (share.log() - (1 - share).log()).clamp(-1e3, 1e3);  // a key that never sounds
  EXPECT_NEAR(constant_answer(*task, logits).metric(), task->facts().baseline, 1e-12);
}

TEST(Vowels, KeepsEveryTenthTrainingCaseForValidation) {
  const auto task = small("vowels", {{"batch", 100L}});
  EXPECT_EQ(task->batch(Split::train, 0).sequences(), 18);
  EXPECT_EQ(task->batch(Split::valid, 0).sequences(), 2);
  EXPECT_EQ(task->batch(Split::test, 0).sequences(), 7);
  // Cases 9 and 19.
  EXPECT_TRUE(task->batch(Split::valid, 0).lengths.equal(torch::tensor({2, 3}, torch::kInt64)));
  EXPECT_TRUE(task->batch(Split::valid, 0).target.equal(torch::tensor({0, 1}, torch::kInt64)));
}

TEST(Vowels, ScalesEveryChannelByTheTrainingCases) {
  const auto task = small("vowels", {{"batch", 100L}});
  const auto batch = task->batch(Split::train, 0);
  const auto steps = batch.input.flatten(0, 1).index({(step_mask(batch) == 1).flatten()});
  EXPECT_LT(steps.mean(0).abs().max().item<double>(), 1e-5);
  EXPECT_LT((steps.std(0, false) - 1).abs().max().item<double>(), 1e-5);
}

TEST(Vowels, IsTheSameWhateverOffsetAndScaleAChannelHas) {
  const auto input_of = [](double offset, double scale) {
    const test::TemporaryFolder folder;
    for (const char* part : {"TRAIN", "TEST"}) {
      std::string text = "@classLabel true x y\n@data\n";
      for (int i = 0; i < 20; ++i)
        text += fmt::format("{},{}:7,7:{}\n", offset + scale * (i % 4), offset + scale * (i % 7),
                            i % 2 ? "x" : "y");
      folder.write(std::string("JapaneseVowels_") + part + ".ts", text);
    }
    const auto task = test::make_task("vowels", {{"data", folder.path().string()}, {"batch", 100L}});
    return task->batch(Split::train, 0).input;
  };
  const auto plain = input_of(0, 1);
  EXPECT_GT(plain.select(2, 0).std().item<double>(), 0.9);
  EXPECT_EQ(plain.select(2, 1).abs().max().item<double>(), 0.0) << "a channel that does not vary";
  EXPECT_LT(test::distance(input_of(1.7e9, 1), plain), 1e-5);
  EXPECT_LT(test::distance(input_of(0, 1e-12), plain), 1e-5);
}

TEST(Vowels, HasTheCommonestTrainingSpeakerAsItsBaseline) {
  const auto task = small("vowels");
  // Nine of the 18 training cases are x, one of the two for validation and four of the seven to test.
  EXPECT_EQ(task->facts().baseline, 0.5);
  EXPECT_THAT(task->facts().baseline_text, HasSubstr("'x'"));
  EXPECT_EQ(task->baseline(Split::test).metric, 4.0 / 7.0);
}

TEST(Vowels, AreASeriesThatAnswersOtherFiles) {
  const test::StandIns files;
  const TaskSpec spec = TaskRegistry::with_built_in().find("vowels");
  Settings settings(spec.settings);
  settings.set("data", files.path().string());
  const std::string schema = spec.make(settings, {})->schema();
  settings.set("data", files.file("JapaneseVowels_TEST.ts"));
  const auto answering = spec.make(settings, {.memory = {.schema = schema}, .answer_every = 0});
  EXPECT_EQ(answering->facts().name, "vowels");
  EXPECT_EQ(answering->batches(Split::test), 1);
  Answers answers;
  const auto batch = answering->batch(Split::test, 0);
  dynamic_cast<const TableTask&>(*answering)
      .add_answers(torch::tensor({1.0, 0.0}).expand({7, 2}), batch, Split::test, answers);
  EXPECT_EQ(answers.rows.size(), 7u);
  EXPECT_THAT(answers.classes, ElementsAre("x", "y"));
}

TEST(Mnist, ReadsTheSamePixelsByRowsAndByPixels) {
  const auto rows = small("mnist"), pixels = small("mnist", {{"by", std::string("pixels")}});
  const auto by_rows = rows->batch(Split::train, 1), by_pixels = pixels->batch(Split::train, 1);
  EXPECT_EQ(by_rows.input.sizes(), (std::vector<std::int64_t>{2, 4, 3}));
  EXPECT_EQ(by_pixels.input.sizes(), (std::vector<std::int64_t>{6, 4, 1}));
  EXPECT_TRUE(by_rows.input.transpose(0, 1).flatten(1).equal(by_pixels.input.squeeze(-1).t()));
  const auto first = static_cast<double>(by_rows.examples[0]);
  EXPECT_NEAR(by_rows.input[0][0][1].item<double>(), (first * 6 + 1) / 255, 1e-7);
  EXPECT_EQ(by_rows.target[0].item<std::int64_t>(), by_rows.examples[0] % 10);
}

TEST(Mnist, KeepsTheLastTwelfthOfTheTrainingImagesForValidation) {
  const auto task = small("mnist", {{"batch", 100L}});
  EXPECT_EQ(task->batch(Split::train, 0).sequences(), 33);
  // Images 33, 34, 35.
  EXPECT_TRUE(task->batch(Split::valid, 0).target.equal(torch::tensor({3, 4, 5}, torch::kInt64)));
  EXPECT_EQ(task->facts().baseline, 4.0 / 33.0);
}

TEST(Mnist, PermutesThePixelsOfEveryImageAndEverySeedAlike) {
  const auto images = [](bool permuted, std::uint64_t seed) {
    const auto task = small("mnist", {{"by", std::string("pixels")}, {"permuted", permuted}}, seed);
    return task->batch(Split::test, 0).input.squeeze(-1);  // [6, 4]
  };
  const auto plain = images(false, 1), permuted = images(true, 1);
  EXPECT_FALSE(permuted.equal(plain));
  EXPECT_TRUE(std::get<0>(permuted.sort(0)).equal(std::get<0>(plain.sort(0)))) << "the same pixels";
  const auto order = std::get<1>(permuted.sort(0));
  EXPECT_TRUE(order.select(1, 0).equal(order.select(1, 3))) << "the same order in two images";
  EXPECT_TRUE(permuted.equal(images(true, 2)));
}

TEST(DataTasks, SayWhichOptionNamesTheFolderTheyNeed) {
  for (const auto* name : {"music", "vowels", "mnist"}) {
    EXPECT_THAT(message_of([&] { make_task(name, {}); }),
                HasSubstr("give --data FOLDER (data/README.md says"));
  }
}

TEST(DataTasks, NameTheFileThatAFolderLacks) {
  const test::TemporaryFolder folder;
  const auto missing = [&](const std::string& name) {
    return message_of([&] { make_task(name, {{"data", folder.path().string()}}); });
  };
  EXPECT_THAT(missing("music"), HasSubstr("jsb.train.txt"));
  EXPECT_THAT(missing("vowels"), HasSubstr("JapaneseVowels_TRAIN.ts"));
  EXPECT_THAT(missing("mnist"), HasSubstr("train-images-idx3-ubyte"));
}

TEST(DataTasks, FindTheKnownFiguresOfTheSharedSets) {
  if (const auto path = test::shared_data("music/jsb.train.txt")) {
    const auto task = make_task("music", {{"data", path->parent_path().string()}, {"batch", 229L}});
    EXPECT_EQ(task->batch(Split::train, 0).items(), 13'807 - 229);
    EXPECT_LT(task->facts().baseline, 88 * std::log(2.0));
  }
  if (const auto path = test::shared_data("vowels/JapaneseVowels_TRAIN.ts")) {
    const auto task = make_task("vowels", {{"data", path->parent_path().string()}, {"batch", 370L}});
    EXPECT_EQ(task->facts().input_size, 12);
    EXPECT_EQ(task->facts().output_size, 9);
    EXPECT_EQ(task->batch(Split::test, 0).sequences(), 370);
    EXPECT_EQ(task->facts().baseline, 3.0 / 27.0) << "three of every speaker are held out";
  }
  if (const auto path = test::shared_data("mnist/train-images-idx3-ubyte")) {
    const auto task = make_task("mnist", {{"data", path->parent_path().string()}});
    EXPECT_EQ(task->batch(Split::valid, 0).input.sizes(), (std::vector<std::int64_t>{28, 100, 28}));
    EXPECT_EQ(task->batches(Split::train), 550);
    EXPECT_EQ(task->batches(Split::valid), 50);
  }
}

}  // namespace
}  // namespace carousel
