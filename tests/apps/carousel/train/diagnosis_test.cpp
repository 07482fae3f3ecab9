// The diagnosis of a training run: on the console, in verdict.json, and as an exit code.
#include <iterator>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "apps/carousel/run_command.h"

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

TEST(Verdict, OfAResumedRunKeepsItsHistory) {
  const Scratch scratch;
  ASSERT_EQ(scratch.run(tiny_training(vanishing)).exit_code, 0);
  const Outcome resumed = scratch.run({"train", "--resume", "runs/tiny", "--train-for", "8u"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, Not(HasSubstr("vanishing"))) << "it was told before";
  const json verdict = verdict_of(scratch);
  EXPECT_EQ(verdict["since"], 1);
  EXPECT_EQ(verdict["update"], 8);
  EXPECT_EQ(verdict["history"].size(), 1u);
  EXPECT_FALSE(verdict["evidence"].empty());
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

/// "abab..." with 60 other letters somewhere: learnt in a moment, but for that place.
std::string text_with_a_flaw() {
  std::string text;
  for (int i = 0; i < 6000; ++i) text += "ab";
  std::string flaw;
  for (int i = 0; i < 60; ++i) flaw += static_cast<char>('c' + (i * i + i / 3) % 8);
  return text.insert(8000, flaw);
}

TEST(Spike, IsToldAndKeptWithWhatAReplayNeeds) {
  const Scratch scratch;
  put(scratch / "flaw.txt", text_with_a_flaw());
  const Outcome run = scratch.run({"train",
                                   "charlm",
                                   "--text",
                                   "flaw.txt",
                                   "--hidden",
                                   "16",
                                   "--layers",
                                   "1",
                                   "--batch",
                                   "4",
                                   "--length",
                                   "20",
                                   "--lr",
                                   "0.01",
                                   "--train-for",
                                   "300u",
                                   "--validate-every",
                                   "0",
                                   "--validation-batches",
                                   "1",
                                   "--name",
                                   "tiny",
                                   "--seed",
                                   "7"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("warning: spike at update "));
  EXPECT_THAT(run.err, HasSubstr("; what a replay needs is in runs/tiny/flow/spikes.jsonl"));
  std::istringstream lines(content_of(scratch / "runs/tiny/flow/spikes.jsonl"));
  std::string first;
  ASSERT_TRUE(std::getline(lines, first));
  const json spike = json::parse(first);
  const auto update = spike["update"].get<std::int64_t>();
  EXPECT_EQ(spike["of"], "loss");
  EXPECT_GT(spike["value"], 3.0 * spike["median"].get<double>());
  EXPECT_EQ(spike["seed"], 7);
  EXPECT_EQ(spike["batches"], json({update - 1, update - 1}));
  EXPECT_EQ(spike["layers"][0]["log10_dh"].size(), 20u);
  EXPECT_GT(spike["leader"]["norm"], 0.0);

  // The replay command repeats that update bit for bit.
  std::istringstream replay(spike["replay"].get<std::string>());
  Words words{std::istream_iterator<std::string>(replay), {}};
  words.erase(words.begin());
  ASSERT_EQ(scratch.run(words).exit_code, 0);
  const auto loss_at = [&](const char* name) {
    std::istringstream metrics(content_of(scratch / (std::string("runs/") + name) / "metrics.jsonl"));
    for (std::string text; std::getline(metrics, text);) {
      const json line = json::parse(text);
      if (line["kind"] == "update" && line["update"] == update) return line["loss"].get<double>();
    }
    return -1.0;
  };
  EXPECT_EQ(loss_at("replay"), spike["value"].get<double>());
  EXPECT_EQ(loss_at("tiny"), spike["value"].get<double>());
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
