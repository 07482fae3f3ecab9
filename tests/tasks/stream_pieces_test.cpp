// Sequences laid end to end, files one behind the other and gaps in time: batches that begin anew inside.
#include "carousel/tasks/stream_pieces.h"

#include <fmt/format.h>

#include "carousel/tasks/streams.h"

#include "tasks/task_support.h"

namespace carousel {
namespace {

using test::distance;
using test::make_model;
using test::make_task;
using test::message_of;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(StreamPieces, FillStreamsOfTheLongestLengthWithTheLongestFirst) {
  const auto pieces = StreamPieces::end_to_end({2, 5, 1, 3, 4});
  EXPECT_THAT(pieces.sequence, ElementsAre(1, 4, 2, 3, 0));
  EXPECT_THAT(pieces.stream, ElementsAre(0, 1, 1, 2, 2));
  EXPECT_THAT(pieces.first, ElementsAre(0, 0, 4, 0, 3));
  EXPECT_THAT(pieces.stream_lengths, ElementsAre(5, 5, 5));
  std::vector<torch::Tensor> sequences;
  for (const std::int64_t length : {2, 5, 1, 3, 4})
    sequences.push_back(torch::full({length}, length, torch::kInt64));
  const auto joined = pieces.join(sequences);
  EXPECT_TRUE(joined.select(1, 1).equal(torch::tensor({4, 4, 4, 4, 1}, torch::kInt64)));
  EXPECT_TRUE(joined.select(1, 2).equal(torch::tensor({3, 3, 3, 2, 2}, torch::kInt64)));
  EXPECT_EQ(pieces.resets().sum().item<std::int64_t>(), 2);
  EXPECT_TRUE(pieces.resets()[4][1].item<bool>());
  EXPECT_TRUE(pieces.resets()[3][2].item<bool>());
}

/// Loss and gradients of a task's first training batch.
std::pair<double, std::vector<torch::Tensor>> first_update(const Task& task, SequenceModel& model) {
  const auto batch = task.batch(Split::train, 0);
  const auto loss = task.loss(model.predict(batch, {}, 0).output, batch);
  return {loss.item<double>(), torch::autograd::grad({loss}, model.parameters())};
}

TEST(StreamPieces, OfNamesAndTextsGiveTheLossAndGradientOfPaddedOnesFromFewerRows) {
  const test::StandIns data;
  for (const std::string name : {"names", "classify"}) {
    for (const bool both : {false, true}) {
      if (both && name == "names") continue;  // which predicts the next letter
      SCOPED_TRACE(name);
      auto settings = data.settings_of(name);
      settings["batch"] = std::int64_t{24};
      const auto padded = make_task(name, settings);
      settings["pack"] = true;
      const auto packed = make_task(name, settings);
      const auto model = make_model(*padded, {.hidden = 7, .bidirectional = both});
      const auto expected = first_update(*padded, *model), found = first_update(*packed, *model);
      EXPECT_NEAR(found.first, expected.first, 1e-12);
      for (std::size_t p = 0; p < expected.second.size(); ++p)
        EXPECT_LT(distance(found.second[p], expected.second[p]), 1e-12) << p;
      EXPECT_LT(packed->batch(Split::train, 0).sequences(), padded->batch(Split::train, 0).sequences());
      const auto score = [&](const Task& task) {
        const auto batch = task.batch(Split::train, 0);
        return task.score(model->predict(batch, {}, 0).output, batch);
      };
      EXPECT_NEAR(score(*packed).metric(), score(*padded).metric(), 1e-12);
    }
  }
}

TEST(Streams, OfSeveralTextsPredictNothingAcrossThemAndBeginAnew) {
  std::vector<std::int32_t> tokens(12);
  for (std::int32_t i = 0; i < 12; ++i) tokens[static_cast<std::size_t>(i)] = i;
  const Streams streams(tokens, 1, 100, true, {5, 9});  // 0-4, 5-8, 9-11
  const auto segment = streams.segment(0);
  EXPECT_TRUE(segment.input.flatten().equal(torch::tensor({0, 1, 2, 3, 5, 6, 7, 9, 10}, torch::kInt64)));
  EXPECT_TRUE(segment.target.flatten().equal(segment.input.flatten() + 1));
  EXPECT_TRUE(segment.resets.flatten().nonzero().flatten().equal(torch::tensor({4, 7}, torch::kInt64)));
}

TEST(Charlm, ReadsAFolderOfTextsEachFromTheStartState) {
  const test::TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "texts");
  std::filesystem::create_directories(folder.path() / "none");
  folder.write("texts/b.txt", std::string(60, 'b') + "c");
  folder.write("texts/a.txt", std::string(30, 'a') + "c");
  folder.write("texts/.hidden", "zzzz");
  const auto path = (folder.path() / "texts").string();
  const auto task =
      make_task("charlm", {{"text", path}, {"batch", 1L}, {"length", 80L}, {"valid-fraction", 0.02}});
  EXPECT_EQ(task->alphabet(), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_THAT(task->notes(), ElementsAre("2 files, each read from the start state"));
  const auto batch = task->batch(Split::train, 0);
  const auto at = batch.resets.flatten().nonzero().flatten();
  EXPECT_TRUE(at.equal(torch::tensor({30}, torch::kInt64))) << at;
  EXPECT_EQ(batch.input[30][0].item<std::int64_t>(), 1) << "b, behind the c that predicts nothing";
  EXPECT_EQ(batch.target[29][0].item<std::int64_t>(), 2);
  EXPECT_THAT(message_of([&] {
                make_task("charlm", {{"text", (folder.write("none/.x", "").parent_path()).string()}});
              }),
              HasSubstr("has no file to read"));
}

TEST(Series, OfStepsGoOnBehindAGapFromTheStartStateWhereThatIsAsked) {
  const test::TemporaryFolder folder;
  std::string table = "t,x,y\n";
  for (int i = 0; i < 200; ++i) {
    const int hour = i < 90 ? i : i + 5;  // five hours are missing
    table +=
        fmt::format("2021-01-{:02}T{:02}:00:00,{},{}\n", 1 + hour / 24, hour % 24, i % 7, i % 3 ? "a" : "b");
  }
  const auto path = folder.write("t.csv", table).string();
  std::map<std::string, SettingValue> settings{
      {"data", path},  {"target", std::string("y")},    {"time", std::string("t")}, {"batch", 64L},
      {"window", 40L}, {"predict", std::string("step")}};
  const auto cut = make_task("series", settings)->batch(Split::train, 0);
  EXPECT_FALSE(cut.resets.defined());
  settings["at-gaps"] = std::string("restart");
  const auto across = make_task("series", settings)->batch(Split::train, 0);
  ASSERT_TRUE(across.resets.defined());
  EXPECT_EQ(across.resets.sum().item<std::int64_t>(), 1);
  EXPECT_LT(across.sequences(), cut.sequences()) << "140 rows in pieces of 40, not 90 and 50";
}

}  // namespace
}  // namespace carousel
