// eval, sample, list and --help.
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "apps/carousel/run_command.h"
#include "command_table.h"
#include "commands/sampler.h"
#include "options/train_options.h"

namespace carousel {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(Help, IsShownWithoutArgumentsAndNamesEveryCommand) {
  const Scratch scratch;
  const Outcome outcome = scratch.run({});
  EXPECT_EQ(outcome.exit_code, 0);
  for (const cli::CommandEntry& command : cli::all_commands()) {
    EXPECT_THAT(outcome.out, HasSubstr(std::string("\n  ") + command.name + " "));
    EXPECT_THAT(outcome.out, HasSubstr(command.summary));
  }
  EXPECT_EQ(scratch.run({"--help"}).out, outcome.out);
}

/// Runs of white space as one space: --help is wrapped.
std::string unwrapped(const std::string& text) {
  std::istringstream words(text);
  std::string all;
  for (std::string word; words >> word;) all += word + ' ';
  return all;
}

TEST(Help, ListsEveryOptionWithItsDefault) {
  const Scratch scratch;
  const Registries registries;
  const std::string help = scratch.run({"train", "--help"}).out;
  for (const cli::Option& option : cli::train_options(registries, registries.tasks.find("adding"))) {
    const auto at = help.find("\n  --" + option.name);
    ASSERT_NE(at, std::string::npos) << option.name;
    const std::string entry = help.substr(at, help.find("\n  --", at + 1) - at);
    EXPECT_THAT(unwrapped(entry), HasSubstr("(default ")) << option.name;
  }
}

TEST(Help, OfATaskHasItsDefaultsAndOnlyItsSettings) {
  const Scratch scratch;
  const std::string help = scratch.run({"train", "charlm", "--help"}).out;
  EXPECT_THAT(help, AllOf(HasSubstr("--encoding"), Not(HasSubstr("--permuted"))));
}

TEST(Help, IsTheSameInAnyPlaceAndOfAnyCommand) {
  const Scratch scratch;
  for (const cli::CommandEntry& command : cli::all_commands()) {
    const Outcome outcome = scratch.run({command.name, "--help"});
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_THAT(outcome.out, HasSubstr(std::string("Usage: carousel ") + command.name));
    EXPECT_THAT(outcome.err, IsEmpty());
  }
}

TEST(Version, NamesCarouselAndLibTorch) {
  EXPECT_THAT(Scratch().run({"--version"}).out, AllOf(HasSubstr("carousel "), HasSubstr("LibTorch ")));
}

TEST(List, ShowsTasksCellsOptimisersAndSchedules) {
  const Scratch scratch;
  EXPECT_THAT(scratch.run({"list", "tasks"}).out,
              AllOf(HasSubstr("adding"), HasSubstr("charlm"), HasSubstr("--text")));
  EXPECT_THAT(scratch.run({"list", "cells"}).out, AllOf(HasSubstr("lstm"), HasSubstr("forget")));
  EXPECT_THAT(scratch.run({"list", "optimisers"}).out, HasSubstr("adamw"));
  EXPECT_THAT(scratch.run({"list", "schedules"}).out, HasSubstr("cosine"));
  EXPECT_EQ(json::parse(scratch.run({"list", "tasks", "--json"}).out).size(), 16u);
}

TEST(Eval, GivesTheValidationOfTheTraining) {
  const Scratch scratch;
  const json trained = json::parse(scratch.run(tiny_training({"--validation-batches", "0", "--json"})).out);
  const Outcome outcome = scratch.run({"eval", "runs/tiny", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json result = json::parse(outcome.out);
  EXPECT_EQ(result["loss"], trained["best"]["loss"]);
  EXPECT_EQ(result["metric"], trained["best"]["metric"]);
  EXPECT_EQ(result["split"], "valid");
  EXPECT_THAT(scratch.run({"eval", "runs/tiny"}).out, AllOf(HasSubstr("loss "), HasSubstr("baseline ")));
}

TEST(Eval, GivesTheSameLossInTorchsOwnLayer) {
  const Scratch scratch;
  ASSERT_EQ(scratch.run(tiny_training()).exit_code, 0);
  const json result = json::parse(scratch.run({"eval", "runs/tiny", "--torch", "--json"}).out);
  const double loss = result["loss"], torch_loss = result["torch_loss"];
  EXPECT_GT(torch_loss, 0.0);
  EXPECT_NEAR(loss, torch_loss, 1e-5 * loss);
  ASSERT_EQ(scratch.run(tiny_training({"--cell", "peephole-lstm", "--overwrite"})).exit_code, 0);
  const Outcome refused = scratch.run({"eval", "runs/tiny", "--torch"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("peephole-lstm"));
}

TEST(Eval, TakesOtherDataThanTheRuns) {
  const Scratch scratch;
  ASSERT_EQ(scratch.run(tiny_training()).exit_code, 0);
  const auto loss = [&](std::vector<std::string> more) {
    std::vector<std::string> words{"eval", "runs/tiny", "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return json::parse(scratch.run(words).out)["loss"].get<double>();
  };
  EXPECT_NE(loss({"--length", "20"}), loss({}));
  EXPECT_EQ(loss({"--checkpoint", "last"}),
            loss({"--checkpoint", "runs/tiny/checkpoints/last/model.safetensors"}));
}

TEST(Eval, TakesAnotherLengthAndRefusesSettingsThatChangeTheModelWithBothSizes) {
  const Scratch scratch;
  ASSERT_EQ(scratch
                .run({"train", "flipflop", "--hidden", "8", "--length", "6", "--batch", "4", "--train-for",
                      "5u", "--validation-batches", "1", "--name", "held"})
                .exit_code,
            0);
  const auto baseline = [&](const std::string& length) {
    const Outcome outcome =
        scratch.run({"eval", "runs/held", "--batches", "1", "--length", length, "--json"});
    return json::parse(outcome.out)["baseline"].get<double>();
  };
  EXPECT_DOUBLE_EQ(baseline("11"),
                   (1 + 2.0 / 11) / 2);  // the first pulse and a tenth of the ten steps after it
  EXPECT_DOUBLE_EQ(baseline("31"), (1 + 4.0 / 31) / 2);
  const Outcome refused = scratch.run({"eval", "runs/held", "--bits", "4"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err,
              HasSubstr("with --bits 4 the task flipflop has 4 inputs and 4 outputs, and the run's "
                        "model has 3 inputs and 3 outputs: leave out what changes them"));
}

/// A run that has read a little text.
class WrittenText : public testing::Test {
 protected:
  void train(const std::string& task, const std::string& text, std::vector<std::string> more = {}) {
    put(scratch_ / "text #1.txt", text);
    std::vector<std::string> words{"train",   task, "--text",      "text #1.txt", "--hidden", "8",
                                   "--batch", "2",  "--train-for", "5u",          "--name",   "text"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = scratch_.run(words);
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    std::filesystem::remove(scratch_ / "text #1.txt");  // a sample needs no data
  }
  std::string sample(std::vector<std::string> more) {
    std::vector<std::string> words{"sample", "runs/text"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = scratch_.run(words);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return outcome.out;
  }
  Scratch scratch_;
};

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST_F(WrittenText, HasTheWantedLengthAndFollowsTheSeed) {
  train("charlm", repeated("the old bear ate a berry. ", 60), {"--length", "10"});
  const std::string text = sample({"--length", "30", "--prime", "the "});
  EXPECT_EQ(text.size(), 4u + 30u + 1u);
  EXPECT_THAT(text, testing::StartsWith("the "));
  EXPECT_EQ(sample({"--length", "30", "--prime", "the "}), text);
  EXPECT_NE(sample({"--length", "30", "--prime", "the ", "--seed", "2"}), text);
  EXPECT_EQ(sample({"--length", "9", "--temperature", "0"}),
            sample({"--length", "9", "--temperature", "0", "--seed", "2"}));
  EXPECT_EQ(sample({"--length", "9", "--count", "3"}).size(), 30u);

  const Outcome unknown = scratch_.run({"sample", "runs/text", "--prime", "Z"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("Z"));
}

TEST_F(WrittenText, IsTheBytesThatWereReadWhereItGoesToAFile) {
  std::string bytes;
  for (int i = 255; i >= 0; --i) bytes += static_cast<char>(i);
  train("charlm", repeated(bytes, 8), {"--length", "10", "--encoding", "bytes"});
  const std::string some = sample({"--length", "600", "--temperature", "1e9", "--prime", "\xff\x1b"});
  EXPECT_EQ(some.size(), 603u) << "a byte each, and the line end";
  EXPECT_THAT(some, testing::StartsWith("\xff\x1b"));
  EXPECT_GT(std::set<char>(some.begin(), some.end()).size(), 200u);
}

TEST(SymbolWriter, MakesVisibleOnATerminalWhatWouldSteerItOrIsNoSymbol) {
  const auto written = [](bool to_terminal) {
    testing::internal::CaptureStdout();
    cli::SymbolWriter out(to_terminal);
    for (const char* piece : {"a\n\t\xC3", "\xA9\x1b[1m\x7f", "\xff\xC2", "\x9bz", "\xE2\x82"})
      out.write(piece);
    out.finish();
    return testing::internal::GetCapturedStdout();
  };
  EXPECT_EQ(written(true), "a\n\t\xC3\xA9\\x1b[1m\\x7f\\xff\\xc2\\x9bz\\xe2\\x82");
  EXPECT_EQ(written(false), "a\n\t\xC3\xA9\x1b[1m\x7f\xff\xC2\x9bz\xE2\x82");
}

TEST_F(WrittenText, EndsEachNameAtItsEnd) {
  train("names", repeated("anna\nbert\nchlo\xC3\xA9\n", 40));
  const std::string names = sample({"--count", "5", "--length", "8"});
  EXPECT_EQ(std::ranges::count(names, '\n'), 5);
  EXPECT_THAT(sample({"--prime", "ann", "--length", "8"}), testing::StartsWith("ann"));
}

TEST_F(WrittenText, CanBeMeasuredOnAnotherText) {
  train("charlm", repeated("the old bear ate a berry. ", 60), {"--length", "10"});
  put(scratch_ / "other.txt", repeated("a bear ate the old berry. ", 40));
  const Outcome outcome = scratch_.run({"eval", "runs/text", "--text", "other.txt", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(json::parse(outcome.out)["metric_name"], "nats per character");
}

TEST_F(WrittenText, CanBeMeasuredOnATextTooShortToTrainOn) {
  train("charlm", repeated("the old bear ate a berry. ", 60), {"--length", "10"});
  put(scratch_ / "other.txt", "a bear");
  const Outcome outcome =
      scratch_.run({"eval", "runs/text", "--text", "other.txt", "--valid-fraction", "1", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_GT(json::parse(outcome.out)["loss"].get<double>(), 0.0);
}

}  // namespace
}  // namespace carousel
