// charlm and names: streams, splits, baselines, alphabets and codecs.
#include <cmath>
#include <set>

#include "carousel/tasks/streams.h"

#include "tasks/task_support.h"

namespace carousel {
namespace {

using test::distance;
using test::make_model;
using test::make_task;
using test::message_of;
using testing::HasSubstr;

std::vector<std::int32_t> counting(std::int32_t n) {
  std::vector<std::int32_t> tokens(static_cast<std::size_t>(n));
  for (std::int32_t i = 0; i < n; ++i) tokens[static_cast<std::size_t>(i)] = i;
  return tokens;
}

std::string text_of(std::int64_t symbols) {
  return test::StandIns::text().substr(0, static_cast<std::size_t>(symbols));
}

std::unique_ptr<TextCodec> codec(const std::string& task, const std::vector<std::string>& alphabet,
                                 const std::string& encoding = "characters") {
  const auto registry = TaskRegistry::with_built_in();
  Settings settings(registry.find(task).settings);
  if (task == "charlm") settings.set("encoding", encoding);
  return registry.find(task).codec(settings, alphabet);
}

TEST(Streams, RunThroughTheTextSideBySideAndPredictTheTokenAfterEach) {
  const Streams streams(counting(21), 2, 4, true);  // 20 pairs: streams 0-9 and 10-19
  ASSERT_EQ(streams.segments(), 3);
  const auto second = streams.segment(1);
  EXPECT_TRUE(second.input.equal(torch::tensor({{4, 14}, {5, 15}, {6, 16}, {7, 17}}, torch::kInt64)));
  EXPECT_TRUE(second.target.equal(second.input + 1));
  EXPECT_TRUE(second.continues);
  EXPECT_FALSE(streams.segment(0).continues);
  EXPECT_EQ(streams.segment(2).steps(), 2) << "the rest";
  EXPECT_EQ(Streams(counting(21), 2, 4, false).segments(), 2) << "without the rest";
}

TEST(Streams, WithTheRestPredictEveryTokenOnceWhateverTheBatchAndTheLength) {
  for (const std::int64_t batch : {1, 2, 3, 7, 16, 50}) {
    for (const std::int64_t length : {1, 2, 5, 9, 40, 200}) {
      const Streams streams(counting(100), batch, length, true);
      std::multiset<std::int64_t> predicted;
      for (std::int64_t i = 0; i < streams.segments(); ++i) {
        const Batch segment = streams.segment(i);
        const auto mask = step_mask(segment).to(torch::kBool);
        EXPECT_TRUE(torch::equal(segment.target.masked_select(mask), segment.input.masked_select(mask) + 1));
        const auto targets = segment.target.masked_select(mask);
        for (std::int64_t k = 0; k < targets.size(0); ++k) predicted.insert(targets[k].item<std::int64_t>());
      }
      std::multiset<std::int64_t> all;
      for (std::int64_t token = 1; token < 100; ++token) all.insert(token);
      EXPECT_EQ(predicted, all) << "batch " << batch << ", length " << length;
    }
  }
}

TEST(Streams, AreFewerWhenATextHasNoWholeSegmentForEach) {
  EXPECT_EQ(Streams(counting(10), 50, 4, true).segment(0).sequences(), 2);
  EXPECT_EQ(Streams(counting(3), 50, 4, true).segment(0).steps(), 2);
  EXPECT_EQ(Streams(counting(1), 50, 4, true).segments(), 0);
  EXPECT_EQ(Streams({}, 50, 4, true).segments(), 0);
}

TEST(Charlm, CarriesTheStateSoThatTwoSegmentsEqualOneLongRun) {
  const test::StandIns data;
  const auto in_two = make_task("charlm", {{"text", data.file("text.txt")}, {"batch", 3L}, {"length", 10L}});
  const auto in_one = make_task("charlm", {{"text", data.file("text.txt")}, {"batch", 3L}, {"length", 20L}});
  const auto model = make_model(*in_one);
  const auto whole = model->predict(in_one->batch(Split::train, 0), {}, 0);
  const auto first = model->predict(in_two->batch(Split::train, 0), {}, 0);
  ASSERT_TRUE(in_two->batch(Split::train, 1).continues);
  const auto second = model->predict(in_two->batch(Split::train, 1), first.states, 0);
  EXPECT_LT(distance(torch::cat({first.output, second.output}), whole.output), 1e-14);
  EXPECT_LT(distance(second.states[1], whole.states[1]), 1e-14);
}

TEST(Charlm, StartsEveryEpochFromTheBeginningOfTheText) {
  const test::StandIns data;
  const auto task = make_task("charlm", data.settings_of("charlm"));
  const auto epoch = task->batches(Split::train);
  EXPECT_FALSE(task->batch(Split::train, epoch).continues);
  EXPECT_TRUE(task->batch(Split::train, epoch).input.equal(task->batch(Split::train, 0).input));
  EXPECT_EQ(task->batches(Split::test), 0) << "no test part was asked for";
}

TEST(Charlm, HasTheEntropyOfTheTrainingTextAsItsBaseline) {
  const test::TemporaryFolder folder;
  const auto path = folder.write("text", "aaaaaaaabbbbccddeeee").string();  // train: 8 a, 4 b, 2 c, 2 d
  const auto task =
      make_task("charlm", {{"text", path}, {"batch", 1L}, {"length", 5L}, {"valid-fraction", 0.2}});
  EXPECT_NEAR(task->facts().baseline, 1.75 * std::log(2.0), 1e-15);
  EXPECT_EQ(task->facts().output_size, 5) << "the alphabet is that of the whole text";
  EXPECT_EQ(task->facts().metric, "nats per character");
}

TEST(Charlm, ReadsCharactersUnlessBytesAreAskedFor) {
  const test::TemporaryFolder folder;
  std::string text;
  for (int i = 0; i < 30; ++i) text += "\u00e9a\u20ac";
  const auto path = folder.write("text", text).string();
  const std::map<std::string, SettingValue> small{{"text", path}, {"batch", 1L}, {"length", 5L}};
  EXPECT_EQ(make_task("charlm", small)->alphabet(), (std::vector<std::string>{"a", "\u00e9", "\u20ac"}));
  auto bytes = small;
  bytes["encoding"] = std::string("bytes");
  EXPECT_EQ(make_task("charlm", bytes)->facts().output_size, 6);
  EXPECT_EQ(make_task("charlm", bytes)->facts().metric, "nats per byte");
}

TEST(Charlm, ReadsAnyFileByBytes) {
  const test::TemporaryFolder folder;
  std::string text;
  for (int i = 0; i < 512; ++i) text += static_cast<char>(i);
  const auto task = make_task("charlm", {{"text", folder.write("all", text).string()},
                                         {"encoding", std::string("bytes")},
                                         {"batch", 1L},
                                         {"length", 5L}});
  EXPECT_EQ(task->facts().output_size, 256);
  EXPECT_EQ(task->alphabet().front(), std::string(1, '\0'));
  EXPECT_EQ(task->alphabet().back(), "\xff");
}

TEST(Charlm, TakesAByteOrderMarkForNoCharacterButForThreeBytes) {
  const test::TemporaryFolder folder;
  const auto path = folder.write("text", "\xEF\xBB\xBF" + text_of(200)).string();
  const std::map<std::string, SettingValue> small{{"text", path}, {"batch", 1L}, {"length", 5L}};
  EXPECT_EQ(make_task("charlm", small)->alphabet(), (std::vector<std::string>{"a", "b", "c", "d"}));
  auto bytes = small;
  bytes["encoding"] = std::string("bytes");
  EXPECT_EQ(make_task("charlm", bytes)->facts().output_size, 7);
  folder.write("text", "\xEF\xBB\xBF");
  EXPECT_THAT(message_of([&] { make_task("charlm", small); }), HasSubstr("byte order mark and nothing else"));
}

TEST(Charlm, ThatIsOnlyMeasuredNeedsNoTrainingPart) {
  const test::TemporaryFolder folder;
  const auto path = folder.write("short", "abcdabcd").string();
  const TaskContext measured{.memory = {.alphabet = {"a", "b", "c", "d"}}, .measured = true};
  const auto whole = make_task("charlm", {{"text", path}, {"valid-fraction", 1.0}}, measured);
  EXPECT_EQ(whole->batch(Split::valid, 0).input.numel(), 7);
  EXPECT_EQ(whole->batches(Split::train), 0);
  EXPECT_NEAR(whole->facts().baseline, std::log(4.0), 1e-15);
  const auto half = make_task("charlm", {{"text", path}, {"valid-fraction", 0.5}}, measured);
  EXPECT_EQ(half->batch(Split::valid, 0).input.numel(), 3);
  EXPECT_THAT(message_of([&] { make_task("charlm", {{"text", path}, {"valid-fraction", 1.0}}); }),
              HasSubstr("leave no text to train on"));
}

TEST(Charlm, RefusesAPartOfOneCharacterWhichNothingPrecedes) {
  const test::TemporaryFolder folder;
  const std::map<std::string, SettingValue> small{
      {"text", folder.write("text", "abcdabcdab").string()}, {"batch", 1L}, {"length", 5L}};
  EXPECT_THAT(message_of([&] { make_task("charlm", small); }),
              HasSubstr("--valid-fraction leaves 1 character"));
  auto tested = small;
  tested["valid-fraction"] = 0.2;
  tested["test-fraction"] = 0.1;
  EXPECT_THAT(message_of([&] { make_task("charlm", tested); }),
              HasSubstr("--test-fraction leaves 1 character"));
}

TEST(Charlm, KeepsTheAlphabetOfARunThatGoesOn) {
  const test::StandIns data;
  const std::vector<std::string> alphabet{"\n", "a", "b", "c", "d", "z"};
  const auto task = make_task("charlm", data.settings_of("charlm"), {.memory = {.alphabet = alphabet}});
  EXPECT_EQ(task->alphabet(), alphabet);
  EXPECT_EQ(task->facts().input_size, 6);
  EXPECT_THAT(message_of([&] {
                make_task("charlm", data.settings_of("charlm"), {.memory = {.alphabet = {"a", "b"}}});
              }),
              HasSubstr("not among the 2 of the alphabet"));
}

TEST(Charlm, NamesTheNumbersWhenTheTextIsShorterThanOneSegmentForEachStream) {
  const test::TemporaryFolder folder;
  const auto make = [&](std::int64_t symbols) {
    const auto path = folder.write("short", text_of(symbols)).string();
    make_task("charlm", {{"text", path}, {"batch", 3L}, {"length", 30L}});
  };
  const auto message = message_of([&] { make(100); });
  EXPECT_THAT(message, HasSubstr("has 90 characters to train on"));
  EXPECT_THAT(message, HasSubstr("--batch 3 streams of --length 30 steps need 91"));
  make(102);  // 91 to train on
}

TEST(Charlm, RefusesFractionsThatLeaveNothingToTrainOn) {
  const test::StandIns data;
  auto settings = data.settings_of("charlm");
  settings["valid-fraction"] = 0.6;
  settings["test-fraction"] = 0.4;
  EXPECT_THAT(message_of([&] { make_task("charlm", settings); }), HasSubstr("--valid-fraction 0.6"));
}

TEST(Charlm, TurnsTextIntoTokensAndBack) {
  const auto characters = codec("charlm", {"\n", "a", "\u00e9"});
  EXPECT_EQ(characters->encode("\u00e9a\n"), (std::vector<std::int64_t>{2, 1, 0}));
  EXPECT_EQ(characters->decode({2, 1, 0}), "\u00e9a\n");
  EXPECT_EQ(characters->start_token(), 0);
  EXPECT_EQ(characters->end_token(), -1);
  EXPECT_EQ(codec("charlm", {"a", "b"})->start_token(), 0) << "without line ends any symbol starts";
  EXPECT_THAT(message_of([&] { characters->encode("x"); }), HasSubstr("'x'"));
  EXPECT_EQ(codec("charlm", {"\xa9", "\xc3"}, "bytes")->encode("\u00e9"), (std::vector<std::int64_t>{1, 0}));
}

/// The names of a split, from the targets of its first epoch.
std::multiset<std::string> names_in(const Task& task, Split split) {
  const auto letters = codec("names", task.alphabet());
  std::multiset<std::string> names;
  for (std::int64_t i = 0; i < task.batches(split); ++i) {
    const auto batch = task.batch(split, i);
    for (std::int64_t b = 0; b < batch.sequences(); ++b) {
      const auto length = batch.lengths[b].item<std::int64_t>();
      const auto target = batch.target.narrow(0, 0, length).select(1, b).contiguous();
      const auto input = batch.input.narrow(0, 0, length).select(1, b);
      EXPECT_EQ(input[0].item<std::int64_t>(), 0) << "the start";
      EXPECT_TRUE(input.narrow(0, 1, length - 1).equal(target.narrow(0, 0, length - 1))) << "shifted by one";
      const auto* first = target.const_data_ptr<std::int64_t>();
      names.insert(letters->decode({first, first + length}));
    }
  }
  return names;
}

TEST(Names, ShowEveryNameOnceAndKeepSomeForValidationWhateverTheSeed) {
  const test::TemporaryFolder folder;
  const auto path = folder.write("names", test::StandIns::names() + test::StandIns::names()).string();
  const auto one = make_task("names", {{"text", path}, {"batch", 7L}}, {.seed = 1});
  const auto two = make_task("names", {{"text", path}, {"batch", 5L}}, {.seed = 2});
  const auto train = names_in(*one, Split::train), valid = names_in(*one, Split::valid);
  EXPECT_EQ(train, names_in(*two, Split::train));
  EXPECT_EQ(train.size() + valid.size(), 120u);
  for (const auto& name : valid) EXPECT_EQ(train.count(name), 0u) << name << " stands in both parts";
  for (const auto& name : train) EXPECT_EQ(name.find('\n'), name.size() - 1) << name;
}

TEST(Names, HaveTheBaselineThatTheSharesOfTheLettersReach) {
  const test::StandIns data;
  const auto task = make_task("names", data.settings_of("names"));
  std::vector<torch::Tensor> predicted;
  const auto each_batch = [&](auto&& visit) {
    for (std::int64_t i = 0; i < task->batches(Split::train); ++i) visit(task->batch(Split::train, i));
  };
  each_batch(
      [&](const Batch& batch) { predicted.push_back(batch.target.masked_select(step_mask(batch) == 1)); });
  const auto all = torch::cat(predicted);
  const auto shares = all.bincount({}, task->facts().output_size).to(torch::kDouble) / all.numel();
  Score score;
  each_batch([&](const Batch& batch) {
    score += task->score(shares.log().clamp_min(-1e9).expand({batch.steps(), batch.sequences(), -1}), batch);
  });
  EXPECT_NEAR(score.metric(), task->facts().baseline, 1e-12);
}

TEST(Names, EndWithTheTokenThatTheyStartWith) {
  const auto names = codec("names", {"\n", "a", "b"});
  EXPECT_EQ(names->start_token(), names->end_token());
  EXPECT_EQ(names->encode("ab"), (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(names->decode({1, 2, 0}), "ab\n");
}

TEST(Names, AreRefusedWhenNoneIsLeftForValidation) {
  const test::TemporaryFolder folder;
  const auto path = folder.write("names", "ann\n").string();
  EXPECT_THAT(message_of([&] { make_task("names", {{"text", path}}); }), HasSubstr("has 1 names"));
}

TEST(Names, ThatAreOnlyMeasuredMayBeFew) {
  const test::TemporaryFolder folder;
  const auto path = folder.write("names", "ann\n").string();
  const auto task =
      make_task("names", {{"text", path}}, {.memory = {.alphabet = {"\n", "a", "n"}}, .measured = true});
  EXPECT_EQ(task->batches(Split::train) + task->batches(Split::valid), 1);
}

TEST(TextTasks, SayWhichOptionNamesTheTextTheyNeed) {
  EXPECT_EQ(message_of([] { make_task("charlm", {}); }),
            "charlm needs a text: give --text FILE (data/README.md says where one is found)");
  EXPECT_THAT(message_of([] { make_task("names", {}); }),
              HasSubstr("names needs a list of names: give --text FILE"));
}

TEST(TextTasks, FindTheKnownFiguresOfTheSharedTexts) {
  if (const auto path = test::shared_data("tinyshakespeare/input.txt")) {
    const auto task = make_task("charlm", {{"text", path->string()}});
    EXPECT_EQ(task->facts().output_size, 65);
    EXPECT_EQ(task->batches(Split::train), 1'003'853 / 50 / 50);
    const auto model = make_model(*task);
    test::silence_head(*model);
    const auto batch = task->batch(Split::train, 0);
    EXPECT_NEAR(task->loss(model->predict(batch, {}, 0).output, batch).item<double>(), std::log(65.0), 1e-12);
  }
  if (const auto path = test::shared_data("names/names.txt")) {
    const auto task = make_task("names", {{"text", path->string()}, {"batch", 100L}});
    EXPECT_EQ(task->facts().output_size, 27);
    EXPECT_EQ(names_in(*task, Split::train).size() + names_in(*task, Split::valid).size(), 32'033u);
  }
}

}  // namespace
}  // namespace carousel
