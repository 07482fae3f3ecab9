// carousel flow: a run, an untrained network, and what cannot be analysed.
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

const std::vector<std::string> figures{"curves", "blocks",     "jacobians", "lyapunov",
                                       "lags",   "truncation", "memory"};

TEST(Flow, OfARunIsAPageWithTheTrainedWeightsBesideTheStart) {
  const Scratch scratch;
  ASSERT_EQ(scratch.run(tiny_training()).exit_code, 0);
  const Outcome outcome = scratch.run({"flow", "runs/tiny"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("runs/tiny: adding with lstm"), HasSubstr("8 sequences of 10 steps"),
                    HasSubstr("trained"), HasSubstr("start"), HasSubstr("forget (keeps)")));
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("Lyapunov exponents (nats a step"), HasSubstr("Lags"), HasSubstr("--tbptt 5"),
                    HasSubstr("spectral radius"), HasSubstr("singular")));
  EXPECT_LT(std::ranges::count(outcome.out, '\n'), 80);
  EXPECT_THAT(outcome.err, IsEmpty());
}

TEST(Flow, KeepsInTheRunWhatItPrintsAsJson) {
  const Scratch scratch;
  ASSERT_EQ(scratch.run(tiny_training()).exit_code, 0);
  const Outcome outcome = scratch.run({"flow", "runs/tiny", "--json", "--sequences", "3"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(content_of(scratch / "runs/tiny/flow/analysis.json"), outcome.out);
  const json result = json::parse(outcome.out);
  EXPECT_EQ(result["run"], "runs/tiny");
  EXPECT_EQ(result["task"], "adding");
  EXPECT_EQ(result["cell"], "lstm");
  EXPECT_EQ(result["states"], json({"h", "c"}));
  EXPECT_EQ(result["keep_gate"], "forget");
  EXPECT_EQ(result["steps"], 10);
  EXPECT_EQ(result["sequences"], 3);
  for (const char* which : {"trained", "initial"}) {
    for (const std::string& figure : figures) EXPECT_FALSE(result[which][figure].empty()) << which << figure;
  }
  EXPECT_NE(result["trained"]["blocks"], result["initial"]["blocks"]);
}

// One update at a rate of 1e-12 changes no figure that is shown: the start is rebuilt as it was.
TEST(Flow, RebuildsTheWeightsBeforeTraining) {
  const Scratch scratch;
  ASSERT_EQ(scratch
                .run(tiny_training({"--train-for", "1u", "--lr", "1e-12", "--init-recurrent", "orthogonal",
                                    "--chrono-tmax", "9", "--seed", "5", "--layers", "2"}))
                .exit_code,
            0);
  const json result = json::parse(scratch.run({"flow", "runs/tiny", "--json"}).out);
  for (std::size_t i = 0; i < 8; ++i) {
    const double trained = result["trained"]["blocks"][i]["spectral_radius"];
    EXPECT_NEAR(trained, 1.0, 1e-5);
    EXPECT_NEAR(trained, result["initial"]["blocks"][i]["spectral_radius"].get<double>(), 1e-6);
  }
  for (std::size_t i = 0; i < 3; ++i) {
    const double trained = result["trained"]["memory"][1]["steps"][i];
    EXPECT_NEAR(trained, result["initial"]["memory"][1]["steps"][i].get<double>(), 1e-4 * trained);
  }
}

TEST(Flow, OfATaskIsThatOfAnUntrainedNetwork) {
  const Scratch scratch;
  const Outcome outcome = scratch.run({"flow", "adding", "--cell", "rnn", "--hidden", "8", "--length", "12",
                                       "--init-recurrent", "radius", "--init-radius", "0.5", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json result = json::parse(outcome.out);
  EXPECT_TRUE(result["trained"].is_null());
  EXPECT_TRUE(result["run"].is_null());
  EXPECT_TRUE(result["keep_gate"].is_null());
  EXPECT_EQ(result["steps"], 12);
  EXPECT_NEAR(result["initial"]["blocks"][0]["spectral_radius"].get<double>(), 0.5, 1e-5);
  EXPECT_LT(result["initial"]["lyapunov"][0]["exponents"][0].get<double>(), 0.0);
  EXPECT_TRUE(scratch.runs().empty());
  const Outcome page = scratch.run({"flow", "--hidden", "8", "--length", "12"});
  EXPECT_THAT(page.out, AllOf(HasSubstr("untrained: adding with lstm"), Not(HasSubstr("trained  ")),
                              HasSubstr("on 8 sequences of 12 steps (valid)")));
}

TEST(Flow, FollowsSequencesOfDifferentLengths) {
  const Outcome outcome = Scratch().run({"flow", "reber", "--hidden", "6", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_FALSE(json::parse(outcome.out)["initial"]["curves"][0]["every_step"].is_null());
}

TEST(Flow, FollowsTwoDirections) {
  const Scratch scratch;
  const Outcome outcome =
      scratch.run({"flow", "copy", "--delay", "5", "--bidirectional", "--hidden", "6", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json result = json::parse(outcome.out);
  EXPECT_EQ(result["initial"]["lyapunov"].size(), 2u);
  EXPECT_EQ(result["initial"]["notes"].size(), 1u);
  EXPECT_FALSE(result["initial"]["curves"][0]["every_step"].is_null());
}

TEST(Flow, PrintsItsFiguresAlsoWhereItCannotKeepThem) {
  const Scratch scratch;
  ASSERT_EQ(scratch.run(tiny_training()).exit_code, 0);
  std::filesystem::create_directory(scratch / "runs/tiny/flow/analysis.json");  // in the way of the file
  const Outcome outcome = scratch.run({"flow", "runs/tiny", "--json"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(json::parse(outcome.out).contains("trained"));
  EXPECT_EQ(outcome.error_lines(), 1u);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("only printed"), HasSubstr("analysis.json")));
}

TEST(Flow, SaysInOneSentenceWhatIsWrong) {
  const Scratch scratch;
  ASSERT_EQ(scratch.run(tiny_training()).exit_code, 0);
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong{
      {{"flow", "ading"}, "did you mean 'adding'"},
      {{"flow", "runs/none"}, "runs/none"},
      {{"flow", "nothing-like-it"}, "nothing-like-it"},
      {{"flow", "runs/tiny", "--hidden", "8"}, "--hidden"},
      {{"flow", "runs/tiny", "--checkpoint", "third"}, "third"},
      {{"flow", "runs/tiny", "--sequences", "0"}, "--sequences is 0"},
      {{"flow", "runs/tiny", "--steps", "-1"}, "--steps is -1"},
      {{"flow", "runs/tiny", "--split", "tset"}, "did you mean 'test'"},
      {{"flow", "adding", "--checkpoint", "best"}, "no run was named"},
      {{"flow", "adding", "--cell", "rnn", "--forget-bias", "1"}, "forget bias"},
      {{"flow", "adding", "--delay", "7"}, "--delay"},
      {{"flow", "adding", "more"}, "more"},
      {{"flow", "adding", "--lr", "1"}, "--lr"}};
  for (const auto& [words, part] : wrong) {
    const Outcome outcome = scratch.run(words);
    EXPECT_EQ(outcome.exit_code, 2) << part << outcome.out;
    EXPECT_EQ(outcome.error_lines(), 1u) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(part));
    EXPECT_THAT(outcome.out, IsEmpty());
  }
}

}  // namespace
}  // namespace carousel
