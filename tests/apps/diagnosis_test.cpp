// The diagnosis of a training run: on the console, in verdict.json, and as an exit code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "run_command.h"

namespace carousel {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using Words = std::vector<std::string>;

json verdict_of(const Scratch& scratch) {
  return json::parse(content_of(scratch / "runs/tiny/verdict.json"));
}

/// A tanh RNN with radius 3: in 150 steps |dL/dh| grows by ten powers of ten.
const Words exploding{"--cell",   "rnn", "--init-recurrent", "radius", "--init-radius", "3",
                      "--hidden", "32",  "--length",         "150",    "--lr",          "1e-6"};
/// A tanh RNN with radius 0.5: after 60 steps 10^-18 is left.
const Words vanishing{"--cell",        "rnn", "--init-recurrent", "radius",
                      "--init-radius", "0.5", "--length",         "60"};

TEST(Verdict, OfADeadGradientIsSaidOnceAndKept) {
  const Scratch scratch;
  const Outcome run = scratch.run(tiny_training(vanishing));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("warning: vanishing: the gradient dies on its way back"));
  EXPECT_THAT(run.err, HasSubstr("; try --cell lstm or --cell gru\n"));
  const auto first = run.err.find("vanishing");
  EXPECT_EQ(run.err.find("vanishing", first + 1), std::string::npos) << "what stays wrong is told once";
  const json verdict = verdict_of(scratch);
  EXPECT_EQ(verdict["verdict"], "vanishing");
  EXPECT_EQ(verdict["since"], 1);
  EXPECT_EQ(verdict["update"], 5);
  EXPECT_EQ(verdict["option"], "--cell lstm or --cell gru");
  EXPECT_EQ(verdict["evidence"][0]["figure"], "dh_log10");
  EXPECT_LT(verdict["evidence"][0]["value"], verdict["evidence"][0]["limit"]);
}

TEST(Verdict, StopsTheRunThatFailsOnItWithCode4AndSavesIt) {
  const Scratch scratch;
  Words words = tiny_training(exploding);
  words.insert(words.end(), {"--fail-on", "exploding"});
  const Outcome run = scratch.run(words);
  EXPECT_EQ(run.exit_code, 4) << run.err;
  EXPECT_THAT(run.err, HasSubstr("exploding: the gradient explodes on its way back (dh 10^1"));
  EXPECT_THAT(run.err, HasSubstr("stopped after update 1, saved"));
  EXPECT_TRUE(std::filesystem::exists(scratch / "runs/tiny/checkpoints/last/state.json"));
  EXPECT_EQ(verdict_of(scratch)["verdict"], "exploding");
}

TEST(Verdict, OtherThanTheOneThatFailsLetsTheRunGoOn) {
  const Scratch scratch;
  Words words = tiny_training(vanishing);
  words.insert(words.end(), {"--fail-on", "exploding"});
  EXPECT_EQ(scratch.run(words).exit_code, 0);
  words.back() = "any";
  words.insert(words.end(), {"--overwrite"});
  EXPECT_EQ(scratch.run(words).exit_code, 4);
}

TEST(Verdict, ToFailOnMustBeOneThereIs) {
  const Scratch scratch;
  const Outcome run = scratch.run(tiny_training({"--fail-on", "explodng"}));
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("exploding"));
  EXPECT_TRUE(scratch.runs().empty());
}

TEST(Metrics, HoldTheGradientsFiguresOfEveryUpdate) {
  const Scratch scratch;
  ASSERT_EQ(scratch.run(tiny_training({"--flow-every", "100"})).exit_code, 0);
  std::istringstream lines(content_of(scratch / "runs/tiny/metrics.jsonl"));
  int updates = 0;
  for (std::string text; std::getline(lines, text);) {
    const json line = json::parse(text);
    if (line["kind"] != "update") continue;
    ++updates;
    EXPECT_EQ(line["dh_steps"], 9);
    EXPECT_LT(line["dh_log10"], 1.0);
    EXPECT_GT(line["keep_gate"], 0.5) << "the forget bias is 1";
    EXPECT_GT(line["memory_steps"], 1.0);
    EXPECT_TRUE(line["saturated"].contains("forget"));
    EXPECT_GT(line["update_ratio"], 0.0);
  }
  EXPECT_EQ(updates, 5);
}

}  // namespace
}  // namespace carousel
