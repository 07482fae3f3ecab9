// Wrong input ends in one sentence that names it, the right exit code, and nothing left behind.
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/carousel/run_command.h"

namespace carousel {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using Words = std::vector<std::string>;

struct BadInput {
  std::string name;
  Words words;
  Words in_message;  ///< what the sentence must hold: the value, and what helps
};

void PrintTo(const BadInput& bad, std::ostream* out) {
  *out << bad.name;
}

void expect_one_sentence(const Outcome& outcome, int code, const Words& parts) {
  EXPECT_EQ(outcome.exit_code, code) << outcome.err;
  EXPECT_EQ(outcome.error_lines(), 1u) << outcome.err;
  EXPECT_THAT(outcome.err, StartsWith("carousel: "));
  EXPECT_THAT(outcome.out, IsEmpty());
  for (const std::string& part : parts) EXPECT_THAT(outcome.err, HasSubstr(part));
}

class RefusesBadInput : public testing::TestWithParam<BadInput> {};

TEST_P(RefusesBadInput, WithOneSentenceThatNamesItAndLeavesNothing) {
  const Scratch scratch;
  std::filesystem::create_directory(scratch / "folder");
  put(scratch / "empty.txt", "");
  put(scratch / "binary.txt", std::string("text\0text", 9));
  put(scratch / "short.txt", "abc");
  put(scratch / "bad_key.toml", "hidden = 8\nhiden = 9\n");
  put(scratch / "bad_value.toml", "# a run\nlr = -1\n");
  put(scratch / "bad_syntax.toml", "cell = lstm\n");
  put(scratch / "twice.toml", "lr = 0.1\nlr = 0.2\n");
  put(scratch / "foreign.toml", "text = \"a.txt\"\n");
  put(scratch / "ten.txt", "abcabcabca");
  put(scratch / "text.txt", std::string(200, 'a') + "b");
  std::string names;
  for (char c = 'a'; c <= 'z'; ++c) names += std::string(3, c) + "\n";
  put(scratch / "names.txt", names);
  std::string dots = "a";
  for (int i = 0; i < 100'000; ++i) dots += ".a";
  put(scratch / "dots.toml", "lr = 0.1\n" + dots + " = 1\n");
  put(scratch / "headings.toml", "[" + dots + "]\n");
  put(scratch / "arrays.toml", "a = " + std::string(100'000, '[') + "\n");
  put(scratch / "large.toml", "# " + std::string(1'999'999, 'x') + "\n");
  put(scratch / "blank.txt", "ann\n\nbob\n");
  put(scratch / "vowels/JapaneseVowels_TRAIN.ts",
      "@univariate false\n@dimension 2\n@classLabel true a b\n@data\n1,2:3,4:a\n1,2:3:b\n");
  put(scratch / "vowels/JapaneseVowels_TEST.ts", "");
  put(scratch / "mnist/train-images-idx3-ubyte", "no idx file");
  put(scratch / "music/jsb.train.txt", "60 64\n60 sixty\n");
  expect_one_sentence(scratch.run(GetParam().words), 2, GetParam().in_message);
  EXPECT_THAT(scratch.runs(), IsEmpty());
}

std::vector<BadInput> names_and_values() {
  return {
      {"UnknownCommand", {"trian"}, {"unknown command 'trian'", "'train'"}},
      {"UnknownTask", {"train", "addding"}, {"unknown task 'addding'", "'adding'"}},
      {"UnknownCell", {"train", "--cell", "lsmt"}, {"unknown cell 'lsmt'", "'lstm'"}},
      {"UnknownOption", {"train", "--hiden", "8"}, {"unknown option '--hiden'", "'--hidden'"}},
      {"UnknownOptionWithValue", {"train", "--hiden=8"}, {"--hiden", "'--hidden'"}},
      {"UnknownShortOption", {"train", "-x"}, {"unknown option '-x'"}},
      {"ShortOption", {"report", "-o", "x.html"}, {"unknown option '-o'", "'--output'"}},
      {"AbbreviatedOption", {"train", "--hid", "8"}, {"unknown option '--hid'", "'--hidden'"}},
      {"AbbreviationOfSeveral",
       {"train", "--clip", "1"},
       {"'--clip-norm' or '--clip-value' or '--clip-report'"}},
      {"FormerOption", {"report", "--out", "x.html"}, {"unknown option '--out'; did you mean '--output'?"}},
      {"OptionOfPyTorch", {"train", "--num-layers", "2"}, {"'--num-layers'", "'--layers'"}},
      {"OptionOfOtherCommands",
       {"report", "--hidden", "8"},
       {"carousel report has no option '--hidden'", "train, sweep, flow, compare", "carousel report --help"}},
      {"OptionThatTheFileSays",
       {"import", "m.pt", "--layers=2"},
       {"no option '--layers'", "train, sweep, flow, compare"}},
      {"HiddenSizeOfNone", {"import", "m.pt", "--hidden=0"}, {"--hidden", "0", "1"}},
      {"UnknownEngine", {"train", "--engine", "fusd"}, {"unknown engine 'fusd'", "'fused'"}},
      {"EngineThatCannot",
       tiny_training({"--cell", "layer-norm-lstm", "--engine", "fused"}),
       {"layer-norm-lstm", "fused engine", "elementwise"}},
      {"ZoneoutOfAStateThatIsNone",
       tiny_training({"--cell", "gru", "--zoneout", "h=0.1,c=0.5"}),
       {"--zoneout names the state 'c': gru has h"}},
      {"ZoneoutThatIsNoProbability",
       tiny_training({"--zoneout", "h=1.5"}),
       {"--zoneout has '1.5': a probability is at least 0 and below 1"}},
      {"ZoneoutWithoutANumber", tiny_training({"--zoneout", "h"}), {"--zoneout has 'h'"}},
      {"UpdateOfACellWithoutAWriteGate",
       tiny_training({"--cell", "gru", "--drop-update", "0.1"}),
       {"gru names no write gate"}},
      {"HiddenStateThatNothingReads",
       tiny_training({"--recurrence", "none", "--drop-hidden", "0.1"}),
       {"lstm has no recurrent product here"}},
      {"NoiseInTorchsOwnLayer",
       tiny_training({"--cell", "torch-gru", "--zoneout", "0.1"}),
       {"the engine torch cannot run gru, because torch's layer is closed"}},
      {"UnknownOptimiser", {"train", "--optimiser", "adm"}, {"unknown optimiser 'adm'", "'adam'"}},
      {"UnknownSchedule", {"train", "--schedule", "cosin"}, {"unknown schedule 'cosin'", "'cosine'"}},
      {"PageWithoutAFolder",
       {"compare", "--output", "nowhere/page.html"},
       {"--output is 'nowhere/page.html'"}},
      {"UnknownKey", {"train", "--config", "bad_key.toml"}, {"hiden", "bad_key.toml", "line 2", "'hidden'"}},
      {"BadValueInFile", {"train", "--config", "bad_value.toml"}, {"lr", "bad_value.toml", "line 2", "-1"}},
      {"BadSyntaxInFile", {"train", "--config", "bad_syntax.toml"}, {"line 1", "bad_syntax.toml", "quotes"}},
      {"KeyTwice", {"train", "--config", "twice.toml"}, {"line 2", "twice.toml", "'lr'"}},
      {"MissingConfig", {"train", "--config", "none.toml"}, {"none.toml"}},
      {"SettingOfAnotherTask", {"train", "adding", "--text", "a.txt"}, {"--text", "charlm", "'adding'"}},
      {"SettingOfAnotherTaskInFile", {"train", "--config", "foreign.toml"}, {"text in", "charlm"}},
      {"NoValue", {"train", "--hidden"}, {"--hidden needs a value"}},
      {"EmptyTask", {"train", ""}, {"unknown task ''"}},
      {"SecondTask", {"train", "adding", "copy"}, {"'copy'"}},
      {"NoNumber", {"train", "--hidden", "many"}, {"--hidden is 'many'", "whole number"}},
      {"NoWholeNumber", {"train", "--hidden", "8.5"}, {"--hidden is 8.5", "whole number"}},
      {"EmptyValue", {"train", "--hidden", ""}, {"--hidden"}},
      {"HiddenTooSmall", {"train", "--hidden", "0"}, {"--hidden is 0", "between 1 and 65536"}},
      {"LrNegative", {"train", "--lr", "-1"}, {"--lr is -1", "above 0"}},
      {"LrNotANumber", {"train", "--lr", "nan"}, {"--lr is nan"}},
      {"DropoutTooLarge", {"train", "--dropout", "1.5"}, {"--dropout is 1.5", "below 1"}},
      {"ThreadsZero", {"train", "--threads", "0"}, {"--threads is 0", "between 1"}},
      {"LengthTooSmall", {"train", "--length", "1"}, {"--length is 1", "2"}},
      {"SeedNegative", {"train", "--seed", "-1"}, {"--seed is -1"}},
      {"TooLargeForANumber",
       {"train", "--seed", "99999999999999999999"},
       {"--seed is", "99999999999999999999"}},
      {"BadDuration", {"train", "--train-for", "5x"}, {"--train-for is '5x'", "5000u", "20e"}},
      {"HalfAnUpdate", {"train", "--train-for", "1.5u"}, {"--train-for is '1.5u'"}},
      {"HiddenTooLarge",
       {"train", "--hidden", "9223372036854775807"},
       {"--hidden is 9223372036854775807", "65536"}},
      {"LayersTooMany", {"train", "--layers", "100000000"}, {"--layers is 100000000", "1000"}},
      {"WeightsTooMany",
       tiny_training({"--hidden", "65536", "--layers", "1000"}),
       {"--hidden 65536 and --layers 1000", "weights", "smaller"}},
      {"BiasTooLargeForAFloat", {"train", "--forget-bias", "1e39"}, {"--forget-bias is 1e39", "1000"}},
      {"SpanTooLong", {"train", "--chrono-tmax", "1e308"}, {"--chrono-tmax is 1e308", "1000000000"}},
      {"RateTooLargeForAFloat", {"train", "--lr", "1e39"}, {"--lr is 1e39", "at most 1e+38"}},
      {"TooSmallForAFloat", {"train", "--eps", "1e-50"}, {"--eps is 1e-50", "between 1e-30"}},
      {"CountTooLarge", {"train", "--patience", "1e10"}, {"--patience is 1e10"}},
      {"ForeverTooLong",
       {"train", "--train-for", "1e16u"},
       {"--train-for is '1e16u'", "at most 1000000000000000"}},
      {"EpochsTooMany",
       {"train", "names", "--text", "names.txt", "--train-for", "1e15e", "--batch", "1"},
       {"--train-for is 1000000000000000e", "updates"}},
      {"ShapeTooLarge",
       {"bench", "--shape", "10000000,10000000,10000000,10000000"},
       {"--shape", "more than 1e+11 numbers"}},
      {"ReverseOfLetters",
       {"train", "charlm", "--text", "text.txt", "--batch", "1", "--length", "5", "--bidirectional"},
       {"--bidirectional", "charlm predicts the step that comes next"}},
      {"ReverseOfSymbols", {"train", "reber", "--bidirectional"}, {"--bidirectional", "reber"}},
      {"ReverseOfNames", {"flow", "names", "--text", "names.txt", "--bidirectional"}, {"names predicts"}},
      {"KeyOfManyDots", {"train", "--config", "dots.toml"}, {"dots.toml", "line 2", "flat"}},
      {"HeadingOfManyDots", {"train", "--config", "headings.toml"}, {"headings.toml", "line 1", "flat"}},
      {"NestedArrays", {"train", "--config", "arrays.toml"}, {"arrays.toml", "line 1"}},
      {"LargeConfig", {"train", "--config", "large.toml"}, {"large.toml", "2000002 bytes", "1048576"}},
      {"ConfigThatNeverEnds", {"train", "--config", "/dev/zero"}, {"/dev/zero", "268435456"}},
      {"EpochsOfAGeneratedTask", {"train", "--train-for", "2e"}, {"--train-for is 2e", "epochs", "updates"}},
      {"ClipTwice", {"train", "--clip-norm", "1", "--clip-value", "2"}, {"--clip-norm", "--clip-value"}},
      {"BiasTwice",
       {"train", "--forget-bias", "1", "--chrono-tmax", "9"},
       {"--forget-bias", "--chrono-tmax"}},
      {"BiasWithoutGate", {"train", "--cell", "rnn", "--forget-bias", "1"}, {"rnn"}},
      {"UnknownDevice", {"train", "--device", "abacus"}, {"--device is 'abacus'", "cpu"}},
      {"OtherDevice", {"train", "--device", "meta"}, {"--device is 'meta'", "cpu, cuda or cuda:N"}},
      {"CpuWithANumber", {"train", "--device", "cpu:1"}, {"--device is 'cpu:1'", "cpu, cuda or cuda:N"}},
      {"NoSuchDevice", {"train", "--device", "cuda:7"}, {"--device is cuda:7", "--device cpu"}},
      {"NoCuda", {"train", "--device", "cuda"}, {"--device is cuda", "--device cpu"}},
      {"ResumeAndConfig",
       {"train", "--resume", "runs/x", "--config", "bad_key.toml"},
       {"--resume", "--config"}},
      {"NoRunToResume", {"train", "--resume", "runs/x"}, {"runs/x"}},
      {"NoRunToEvaluate", {"eval", "runs/x"}, {"runs/x"}},
      {"NoRunNamed", {"eval"}, {"eval", "run"}},
      {"NotARunFolder", {"eval", "folder"}, {"folder"}},
      {"NoRunToSample", {"sample", "runs/x"}, {"runs/x"}},
      {"TemperatureNegative",
       {"sample", "runs/x", "--temperature", "-1"},
       {"--temperature is -1", "between 0"}},
      {"UnknownSplit", {"eval", "folder", "--split", "vaild"}, {"folder"}},
      {"UnknownList", {"list", "task"}, {"'task'", "'tasks'"}},
      {"NameWithSlash", tiny_training({"--name", "a/b"}), {"'a/b'", "--name"}},
  };
}

std::vector<BadInput> data_files() {
  return {
      {"TextMissing", {"train", "charlm", "--text", "none.txt"}, {"none.txt"}},
      {"TextNotGiven", {"train", "charlm"}, {"--text"}},
      {"TextEmpty", {"train", "charlm", "--text", "empty.txt"}, {"empty.txt", "empty"}},
      {"TextIsFolder", {"train", "charlm", "--text", "folder"}, {"folder"}},
      {"TextBinary", {"train", "charlm", "--text", "binary.txt"}, {"binary.txt"}},
      {"TextThatNeverEnds", {"train", "charlm", "--text", "/dev/zero"}, {"/dev/zero", "268435456"}},
      {"BytesThatNeverEnd",
       {"train", "charlm", "--encoding", "bytes", "--text", "/dev/urandom"},
       {"/dev/urandom", "268435456"}},
      {"WeightsOfADevice", {"import", "/dev/zero", "adding"}, {"/dev/zero", "pipe or a device"}},
      {"OneCharacterToValidateOn",
       {"train", "charlm", "--text", "ten.txt", "--batch", "1", "--length", "5"},
       {"ten.txt", "--valid-fraction leaves 1 character"}},
      {"TextTooShort", {"train", "charlm", "--text", "short.txt"}, {"short.txt"}},
      {"NamesWithBlankLine", {"train", "names", "--text", "blank.txt"}, {"line 2", "blank.txt"}},
      {"VowelsRagged", {"train", "vowels", "--data", "vowels"}, {"line 6", "JapaneseVowels_TRAIN.ts"}},
      {"MnistDamaged", {"train", "mnist", "--data", "mnist"}, {"train-images-idx3-ubyte"}},
      {"MusicDamaged", {"train", "music", "--data", "music"}, {"jsb.train.txt", "line 2"}},
      {"DataMissing", {"train", "music", "--data", "nowhere"}, {"nowhere"}},
  };
}

std::string name_of(const testing::TestParamInfo<BadInput>& info) {
  return info.param.name;
}
INSTANTIATE_TEST_SUITE_P(Options, RefusesBadInput, testing::ValuesIn(names_and_values()), name_of);
INSTANTIATE_TEST_SUITE_P(Data, RefusesBadInput, testing::ValuesIn(data_files()), name_of);

/// A run that exists, and must stay as it is.
class ExistingRun : public testing::Test {
 protected:
  void SetUp() override {
    const Outcome outcome = scratch_.run(tiny_training());
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    before_ = contents_under(scratch_ / "runs");
  }
  void expect_untouched() { EXPECT_EQ(contents_under(scratch_ / "runs"), before_); }

  Scratch scratch_;
  std::map<std::string, std::string> before_;
};

TEST_F(ExistingRun, IsNotOverwrittenUnasked) {
  expect_one_sentence(scratch_.run(tiny_training()), 2, {"runs/tiny", "--overwrite", "--resume"});
  expect_untouched();
}

TEST_F(ExistingRun, IsNotOverwrittenByATrainingThatCannotStart) {
  expect_one_sentence(scratch_.run(tiny_training({"--overwrite", "--schedule", "cosine", "--warmup", "9u"})),
                      2, {"cosine"});
  expect_untouched();
}

TEST_F(ExistingRun, RefusesToResumeWithAnotherModel) {
  expect_one_sentence(scratch_.run({"train", "--resume", "runs/tiny", "--hidden", "16"}), 2,
                      {"--hidden is 16", "has 8", "--resume"});
  expect_one_sentence(scratch_.run({"train", "copy", "--resume", "runs/tiny"}), 2, {"copy", "adding"});
  expect_untouched();
}

TEST_F(ExistingRun, RefusesToResumeWhatHasDoneMore) {
  expect_one_sentence(scratch_.run({"train", "--resume", "runs/tiny", "--train-for", "4u"}), 2,
                      {"5 updates", "--train-for is 4u"});
  expect_untouched();
}

TEST_F(ExistingRun, NamesTheNearestRun) {
  expect_one_sentence(scratch_.run({"eval", "runs/tny"}), 2, {"runs/tny", "runs/tiny"});
}

TEST_F(ExistingRun, RefusesADamagedCheckpoint) {
  put(scratch_ / "runs/tiny/checkpoints/last/model.safetensors", "damaged");
  before_ = contents_under(scratch_ / "runs");
  expect_one_sentence(scratch_.run({"train", "--resume", "runs/tiny", "--train-for", "9u"}), 2,
                      {"model.safetensors"});
  expect_one_sentence(scratch_.run({"eval", "runs/tiny", "--checkpoint", "last"}), 2, {"model.safetensors"});
  expect_untouched();
}

TEST_F(ExistingRun, RefusesACheckpointOfAnotherShape) {
  ASSERT_EQ(scratch_.run(tiny_training({"--hidden", "9", "--name", "other"})).exit_code, 0);
  expect_one_sentence(scratch_.run({"eval", "runs/tiny", "--checkpoint", "runs/other/checkpoints/last"}), 2,
                      {"runs/other/checkpoints/last"});
  const auto last = scratch_ / "runs/tiny/checkpoints/last",
             others = scratch_ / "runs/other/checkpoints/last";
  std::filesystem::remove_all(last);
  std::filesystem::copy(others, last, std::filesystem::copy_options::recursive);
  before_ = contents_under(scratch_ / "runs");
  expect_one_sentence(scratch_.run({"train", "--resume", "runs/tiny", "--train-for", "9u"}), 2,
                      {"checkpoints/last"});
  expect_untouched();
}

TEST_F(ExistingRun, CannotBeSampledWhenItsTaskDoesNotWrite) {
  expect_one_sentence(scratch_.run({"sample", "runs/tiny"}), 2, {"adding cannot write", "charlm", "names"});
}

TEST_F(ExistingRun, SurvivesAFullDisk) {
  const Surroundings full{.file_size = 1200};  // clang's OpenMP runtime writes one of 1,024 at the start
  expect_one_sentence(scratch_.run(tiny_training({"--name", "second"}), full), 1, {"runs/second"});
  EXPECT_EQ(scratch_.runs(), std::set<std::string>{"tiny"});
  expect_untouched();
}

TEST(FullDisk, EndsATrainingWithOneSentenceAndKeepsWhatWasWritten) {
  const Scratch scratch;
  const Surroundings full{.file_size = 80'000};
  const Outcome outcome =
      scratch.run(tiny_training({"--train-for", "4000u", "--validate-every", "50u", "--quiet"}), full);
  expect_one_sentence(outcome, 1, {"metrics.jsonl"});
  const std::string metrics = content_of(scratch / "runs/tiny/metrics.jsonl");
  EXPECT_EQ(metrics.back(), '\n');
  EXPECT_TRUE(std::filesystem::exists(scratch / "runs/tiny/checkpoints/last/state.json"));
  EXPECT_EQ(scratch.run({"train", "--resume", "runs/tiny", "--train-for", "60u"}).exit_code, 2);
}

TEST(ReadOnlyFolder, EndsInOneSentence) {
  const Scratch scratch;
  std::filesystem::create_directory(scratch / "runs");
  std::filesystem::permissions(scratch / "runs",
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec |
                                   std::filesystem::perms::others_read | std::filesystem::perms::others_exec);
  std::filesystem::permissions(scratch.path(), std::filesystem::perms::all);
  const Outcome outcome = scratch.run(tiny_training(), {.unprivileged = true});
  std::filesystem::permissions(scratch / "runs", std::filesystem::perms::owner_all);
  if (outcome.exit_code == 127) GTEST_SKIP() << "the program cannot be started as nobody here";
  expect_one_sentence(outcome, 1, {"runs/tiny"});
}

TEST(Divergence, EndsWithCodeThreeAndSavesTheWeightsBefore) {
  const Scratch scratch;
  const Outcome outcome =
      scratch.run(tiny_training({"--cell", "relu-rnn", "--optimiser", "sgd", "--lr", "1e30", "--clip-report",
                                 "--train-for", "50u", "--quiet", "--flow-every", "0"}));
  EXPECT_EQ(outcome.exit_code, 3) << outcome.err;
  EXPECT_THAT(outcome.err, AllOf(StartsWith("carousel: update "), HasSubstr("--lr")));
  EXPECT_EQ(outcome.error_lines(), 1u) << outcome.err;
  EXPECT_TRUE(std::filesystem::exists(scratch / "runs/tiny/checkpoints/last/model.safetensors"));
}

}  // namespace
}  // namespace carousel
