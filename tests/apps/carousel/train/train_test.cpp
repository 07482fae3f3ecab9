// carousel train as a user meets it: options, run folder, console, resume, signals.
#include <algorithm>
#include <chrono>
#include <sstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "apps/carousel/run_command.h"

namespace carousel {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using Words = std::vector<std::string>;

std::vector<json> lines_of(const std::filesystem::path& path) {
  std::vector<json> lines;
  std::istringstream text(content_of(path));
  for (std::string line; std::getline(text, line);) lines.push_back(json::parse(line));
  return lines;
}

/// What does not depend on the clock.
std::vector<std::string> timeless(std::vector<json> lines) {
  std::vector<std::string> texts;
  for (json& line : lines) {
    line.erase("seconds");
    line.erase("items_per_second");
    texts.push_back(line.dump());
  }
  return texts;
}

std::string dumped(const Scratch& scratch, Words words, const Surroundings& surroundings = {}) {
  words.push_back("--dump-config");
  const Outcome outcome = scratch.run(words, surroundings);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  return outcome.out;
}

TEST(Precedence, IsDefaultThenTaskThenFileThenEnvironmentThenFlag) {
  const Scratch scratch;
  EXPECT_THAT(dumped(scratch, {"train", "adding"}),
              AllOf(HasSubstr("\nlr = 0.005\n"), HasSubstr("\nmomentum = 0\n")));
  put(scratch / "a.toml", "lr = 0.1\nhidden = 10\nseed = 3\n");
  const Words words{"train", "--config", "a.toml"};
  EXPECT_THAT(dumped(scratch, words), AllOf(HasSubstr("\nlr = 0.1\n"), HasSubstr("\nhidden = 10\n")));
  const Surroundings set{
      .environment = {{"CAROUSEL_LR", "0.2"}, {"CAROUSEL_HIDDEN", "20"}, {"CAROUSEL_TEXT", "x"}}};
  const std::string all = dumped(scratch, {"train", "--config", "a.toml", "--lr", "0.3"}, set);
  EXPECT_THAT(all, AllOf(HasSubstr("\nlr = 0.3\n"), HasSubstr("\nhidden = 20\n"), HasSubstr("\nseed = 3\n")));
}

TEST(Precedence, LetsEveryLayerNameTheTask) {
  const Scratch scratch;
  put(scratch / "a.toml", "task = \"copy\"\n");
  const Surroundings set{.environment = {{"CAROUSEL_TASK", "reber"}}};
  EXPECT_THAT(dumped(scratch, {"train"}), HasSubstr("task = \"adding\""));
  EXPECT_THAT(dumped(scratch, {"train", "--config", "a.toml"}), HasSubstr("task = \"copy\""));
  EXPECT_THAT(dumped(scratch, {"train", "--config", "a.toml"}, set), HasSubstr("task = \"reber\""));
  EXPECT_THAT(dumped(scratch, {"train", "order", "--config", "a.toml"}, set), HasSubstr("task = \"order\""));
}

TEST(Precedence, NamesTheEnvironmentVariableThatIsWrong) {
  const Scratch scratch;
  const Outcome outcome = scratch.run({"train"}, {.environment = {{"CAROUSEL_HIDDEN", "0"}}});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("CAROUSEL_HIDDEN is 0"));
}

TEST(DumpConfig, IsWhatTheRunKeepsAndRepeats) {
  const Scratch scratch;
  const std::string first = dumped(scratch, tiny_training({"--seed", "7", "--clip-value", "0.5"}));
  put(scratch / "a.toml", first);
  ASSERT_EQ(scratch.run({"train", "--config", "a.toml", "--name", "one"}).exit_code, 0);
  EXPECT_EQ(content_of(scratch / "runs/one/config.toml"), first);
  ASSERT_EQ(scratch.run({"train", "--config", "runs/one/config.toml", "--name", "two"}).exit_code, 0);
  EXPECT_EQ(timeless(lines_of(scratch / "runs/two/metrics.jsonl")),
            timeless(lines_of(scratch / "runs/one/metrics.jsonl")));
  EXPECT_EQ(content_of(scratch / "runs/two/checkpoints/last/model.safetensors"),
            content_of(scratch / "runs/one/checkpoints/last/model.safetensors"));
}

TEST(DefaultForgetBias, IsLeftOutForACellWithoutSuchAGate) {
  const Scratch scratch;
  EXPECT_THAT(dumped(scratch, {"train", "--cell", "rnn"}), HasSubstr("forget-bias = \"none\""));
  EXPECT_THAT(dumped(scratch, {"train", "--cell", "lstm"}), HasSubstr("forget-bias = 1\n"));
}

TEST(Run, LeavesAFolderWithAllThatIsPromised) {
  const Scratch scratch;
  ASSERT_EQ(scratch.run(tiny_training({"--flow-every", "2u", "--layers", "2"})).exit_code, 0);
  const json meta = json::parse(content_of(scratch / "runs/tiny/meta.json"));
  for (const char* key :
       {"command_line", "carousel", "torch", "seed", "threads", "device", "started", "parameters"}) {
    EXPECT_TRUE(meta.contains(key)) << key;
  }
  EXPECT_THAT(meta["engine"].get<std::string>(), testing::AnyOf(StartsWith("loop"), StartsWith("fused")));
  ASSERT_EQ(meta["forget_bias"].size(), 2u);
  EXPECT_EQ(meta["forget_bias"][1]["mean"], 1.0);
  EXPECT_EQ(meta["result"]["reason"], "finished");

  const auto metrics = lines_of(scratch / "runs/tiny/metrics.jsonl");
  ASSERT_EQ(metrics.size(), 6u);  // five updates and a validation
  for (const char* key :
       {"loss", "lr", "grad_norm", "grad_norm_clipped", "clip_coefficient", "items_per_second"}) {
    EXPECT_TRUE(metrics.front().contains(key)) << key;
  }
  EXPECT_EQ(metrics.back()["kind"], "validation");
  EXPECT_FALSE(lines_of(scratch / "runs/tiny/flow/norms.jsonl").empty());
  EXPECT_THAT(content_of(scratch / "runs/tiny/log.txt"), HasSubstr("up 5/5 | loss "));
}

TEST(Run, IsNumberedWhenItHasNoName) {
  const Scratch scratch;
  Words words = tiny_training();
  words.resize(words.size() - 2);
  ASSERT_EQ(scratch.run(words).exit_code, 0);
  ASSERT_EQ(scratch.run(words).exit_code, 0);
  EXPECT_EQ(scratch.runs(), (std::set<std::string>{"adding-lstm-001", "adding-lstm-002"}));
}

TEST(Run, IsReplacedWhenTold) {
  const Scratch scratch;
  ASSERT_EQ(scratch.run(tiny_training()).exit_code, 0);
  ASSERT_EQ(scratch.run(tiny_training({"--overwrite", "--train-for", "3u"})).exit_code, 0);
  EXPECT_EQ(lines_of(scratch / "runs/tiny/metrics.jsonl").size(), 4u);
}

TEST(Console, SaysTheStateOfTheGradientInPlainLinesOffATerminal) {
  const Scratch scratch;
  const Outcome outcome = scratch.run(tiny_training({"--log-every", "1u", "--flow-every", "1u"}));
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("up 1/5 | loss "), HasSubstr(" | gnorm "), HasSubstr(" clip "),
                                 HasSubstr(" | dh 10^"), HasSubstr(" over 9 steps | forget 0."),
                                 HasSubstr(" | lr 5e-03 | "), HasSubstr(" steps/s | eta "),
                                 HasSubstr("valid 5 | loss "), HasSubstr("forget bias 1.00 (l0)")));
  EXPECT_THAT(outcome.err, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\r"))));
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("best "), HasSubstr("baseline "), HasSubstr("runs/tiny")));
}

TEST(Console, SaysWhichEngineRunsTheCellAndWhy) {
  const Scratch scratch;
  const Outcome asked = scratch.run(tiny_training({"--engine", "loop"}));
  EXPECT_THAT(asked.err, HasSubstr("\nengine    loop: asked for"));
  EXPECT_THAT(content_of(scratch / "runs/tiny/config.toml"), HasSubstr("engine = \"loop\""));
}

TEST(Engine, MayBeAnotherAfterAResume) {
  const Scratch scratch;
  ASSERT_EQ(scratch.run(tiny_training({"--engine", "loop"})).exit_code, 0);
  const Outcome outcome =
      scratch.run({"train", "--resume", "runs/tiny", "--train-for", "7u", "--engine", "auto"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
}

TEST(Console, IsSilentWhenQuiet) {
  const Scratch scratch;
  EXPECT_THAT(scratch.run(tiny_training({"--quiet"})).err, IsEmpty());
}

TEST(Live, IsALineAtEveryLineOfTheLogOffATerminal) {
  const Scratch scratch;
  const Words words =
      tiny_training({"--live", "--log-every", "2u", "--flow-every", "2u", "--layers", "2", "--overwrite"});
  const Outcome outcome = scratch.run(words, {.environment = {{"LC_ALL", "C.UTF-8"}}});
  EXPECT_THAT(outcome.err,
              testing::ContainsRegex("\nflow 2: log10 .dL/dh_t. of l1 over 10 steps, -[0-9.]+ ▁"));
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("\nflow 4: "), HasSubstr("\nflow 5: "),
                                 Not(HasSubstr("\nflow 3: ")), Not(HasSubstr("\x1b"))));
  EXPECT_THAT(content_of(scratch / "runs/tiny/log.txt"), HasSubstr("flow 4: "));
  const Outcome plain = scratch.run(words, {.environment = {{"LC_ALL", "C"}}});
  EXPECT_TRUE(std::ranges::all_of(plain.err, [](char c) { return static_cast<unsigned char>(c) < 128; }));
  EXPECT_THAT(plain.err, HasSubstr("flow 4: "));
}

TEST(Live, NeedsRecordedUpdates) {
  const Scratch scratch;
  const Outcome outcome = scratch.run(tiny_training({"--live", "--flow-every", "0"}));
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--flow-every is 0"));
}

TEST(Live, IsSilentWhenQuiet) {
  const Scratch scratch;
  EXPECT_THAT(scratch.run(tiny_training({"--live", "--quiet", "--flow-every", "1u"})).err, IsEmpty());
}

TEST(Json, IsTheOnlyThingOnStdoutAndHasThePromisedKeys) {
  const Scratch scratch;
  const json result = json::parse(scratch.run(tiny_training({"--json"})).out);
  for (const char* key :
       {"task", "cell", "updates", "seconds", "best", "last", "baseline", "run", "reason"}) {
    EXPECT_TRUE(result.contains(key)) << key;
  }
  EXPECT_EQ(result["updates"], 5);
  EXPECT_EQ(result["best"]["update"], 5);
  EXPECT_TRUE(result["last"]["metric"].is_number());
}

TEST(Resume, GivesWhatAnUninterruptedRunGives) {
  const Scratch scratch;
  // Every update is recorded: each run's last one is anyway, and that of the interrupted run is another.
  const auto train = [&](const char* updates, const char* name) {
    return scratch
        .run(tiny_training(
            {"--validate-every", "4u", "--flow-every", "1u", "--train-for", updates, "--name", name}))
        .exit_code;
  };
  ASSERT_EQ(train("8u", "whole"), 0);
  ASSERT_EQ(train("4u", "tiny"), 0);
  // What a process wrote after its last checkpoint, before it was killed.
  put(scratch / "runs/tiny/metrics.jsonl",
      content_of(scratch / "runs/tiny/metrics.jsonl") +
          "{\"kind\":\"update\",\"update\":5,\"loss\":0}\n{\"kind\":\"upd");
  const Outcome outcome = scratch.run({"train", "--resume", "runs/tiny", "--train-for", "8u"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(timeless(lines_of(scratch / "runs/tiny/metrics.jsonl")),
            timeless(lines_of(scratch / "runs/whole/metrics.jsonl")));
  EXPECT_EQ(content_of(scratch / "runs/tiny/checkpoints/last/model.safetensors"),
            content_of(scratch / "runs/whole/checkpoints/last/model.safetensors"));
  EXPECT_THAT(content_of(scratch / "runs/tiny/config.toml"), HasSubstr("train-for = \"8u\""));
}

TEST(Signal, SavesAndCanBeResumed) {
  const Scratch scratch;
  const pid_t child = scratch.start(tiny_training({"--train-for", "1000000u", "--validate-every", "0"}));
  const auto metrics = scratch / "runs/tiny/metrics.jsonl";
  for (int i = 0; i < 3000 && (!std::filesystem::exists(metrics) || std::filesystem::file_size(metrics) == 0);
       ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ::kill(child, SIGINT);
  const Outcome stopped = scratch.wait_for(child);
  EXPECT_EQ(stopped.exit_code, 130) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("--resume runs/tiny"));
  const auto done = json::parse(content_of(scratch / "runs/tiny/meta.json"))["result"]["updates"].get<int>();
  const Outcome resumed = scratch.run(
      {"train", "--resume", "runs/tiny", "--train-for", std::to_string(done + 2) + "u", "--json"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(json::parse(resumed.out)["updates"], done + 2);
}

TEST(Train, SaysThatDropoutDoesNothingInOneLayer) {
  const Scratch scratch;
  const Outcome one = scratch.run(tiny_training({"--dropout", "0.5", "--quiet"}));
  EXPECT_THAT(one.err, HasSubstr("--dropout 0.5 does nothing here"));
  EXPECT_THAT(content_of(scratch / "runs/tiny/log.txt"), HasSubstr("--dropout 0.5 does nothing here"));
  EXPECT_THAT(
      scratch.run(tiny_training({"--dropout", "0.5", "--layers", "2", "--quiet", "--name", "two"})).err,
      IsEmpty());
}

}  // namespace
}  // namespace carousel
