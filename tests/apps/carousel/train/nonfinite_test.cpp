// What is not a number, as a user meets it: exit code 3, a folder that goes on, and ways to go on without asking.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "apps/carousel/run_command.h"

namespace carousel {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// Weights of some 1e37: finite, and nothing that they compute is.
std::vector<std::string> exploding_training(std::vector<std::string> more = {}) {
  more.insert(more.begin(), {"--lr", "1e37", "--train-for", "1u", "--cell", "relu-rnn"});
  return tiny_training(more);
}

TEST(NonFiniteTraining, WhoseValidationIsNotANumberEndsWithExitCode3) {
  const Scratch scratch;
  const Outcome outcome = scratch.run(exploding_training({"--stop-at", "0.1"}));
  EXPECT_EQ(outcome.exit_code, 3) << outcome.err;
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("validation after update 1: the loss of the validation data is "),
                                 HasSubstr("start anew with a lower --lr")));
  EXPECT_THAT(outcome.out, testing::IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(scratch / "runs/tiny/checkpoints/best"));
  const json meta = json::parse(content_of(scratch / "runs/tiny/meta.json"));
  EXPECT_EQ(meta["result"]["reason"], "failed");
}

TEST(NonFiniteTraining, LeavesAFolderThatCanBeReportedEvaluatedAndResumed) {
  const Scratch scratch;
  ASSERT_EQ(scratch.run(exploding_training()).exit_code, 3);
  const Outcome report = scratch.run({"report", "runs/tiny"});
  EXPECT_EQ(report.exit_code, 0) << report.err;
  const Outcome eval = scratch.run({"eval", "runs/tiny", "--batches", "1"});
  EXPECT_EQ(eval.exit_code, 3) << eval.err;
  EXPECT_THAT(eval.err, HasSubstr("checkpoints/last/model.safetensors"));
  const Outcome resumed =
      scratch.run({"train", "--resume", "runs/tiny", "--lr", "0.001", "--train-for", "3u"});
  EXPECT_EQ(resumed.exit_code, 3) << "the weights stay what they are: " << resumed.err;
  EXPECT_THAT(resumed.err, Not(HasSubstr("damaged")));
}

/// The decay of the very first step multiplies each weight by some -1e43, whatever the gradient.
std::vector<std::string> overflowing_training(std::vector<std::string> more = {}) {
  more.insert(more.begin(), {"--lr", "1e38", "--optimiser", "adamw", "--weight-decay", "1e5"});
  return tiny_training(more);
}

TEST(NonFiniteTraining, TakesBackAStepThatIsInfiniteAndGoesOnAtALowerRate) {
  const Scratch scratch;
  const Outcome outcome = scratch.run(overflowing_training());
  EXPECT_EQ(outcome.exit_code, 3) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("update 1: the gradient is finite"));
  const Outcome resumed = scratch.run({"train", "--resume", "runs/tiny", "--lr", "1e-7"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("the learning rate of update 1 is 1e-07, and was to be 1e+38"));
}

TEST(NonFiniteTraining, IsSkippedOrGoneBackFromWhereAskedAndRecorded) {
  for (const std::string how : {"skip", "back"}) {
    const Scratch scratch;
    const Outcome outcome =
        scratch.run(overflowing_training({"--on-nonfinite", how, "--back-factor", "1e-45", "--json"}));
    const json line =
        json::parse(content_of(scratch / "runs/tiny/nonfinite.jsonl")
                        .substr(0, content_of(scratch / "runs/tiny/nonfinite.jsonl").find('\n')));
    EXPECT_EQ(line["done"], how);
    EXPECT_EQ(line["broke_at"], 1);
    EXPECT_THAT(content_of(scratch / "runs/tiny/log.txt"), HasSubstr("update 1: the gradient is finite"));
    if (how == "skip") {
      EXPECT_EQ(outcome.exit_code, 3) << "three of four are more than a tenth: " << outcome.err;
      EXPECT_THAT(outcome.err, HasSubstr("3 of 3 updates were skipped"));
      const Outcome all = scratch.run(
          overflowing_training({"--on-nonfinite", how, "--max-skipped", "1", "--overwrite", "--json"}));
      EXPECT_EQ(json::parse(all.out)["skipped"], 5) << all.err;
      continue;
    }
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    const json result = json::parse(outcome.out);
    EXPECT_EQ(result["went_back"], 1);
    EXPECT_EQ(result["updates"], 5);
    const std::string metrics = content_of(scratch / "runs/tiny/metrics.jsonl");
    EXPECT_EQ(std::ranges::count(metrics, '\n'), 6) << "five updates, none twice, and a validation";
  }
}

TEST(DamagedRun, IsRefusedUnlessTheFileIsOnlyToBeLookedAt) {
  const Scratch scratch;
  ASSERT_EQ(scratch.run(tiny_training()).exit_code, 0);
  const auto told = [&](int code, const std::string& file, const std::string& content) {
    const std::string sound = content_of(scratch / file);
    put(scratch / file, content);
    const Outcome outcome = scratch.run({"train", "--resume", "runs/tiny", "--train-for", "9u"});
    put(scratch / file, sound);
    EXPECT_EQ(outcome.exit_code, code) << file << ": " << outcome.err;
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("damaged"), Not(HasSubstr("please report")))) << file;
  };
  told(2, "runs/tiny/checkpoints/last/state.json", R"({"format": 2, "update": -1})");
  told(2, "runs/tiny/checkpoints/last/optimiser.safetensors",
       content_of(scratch / "runs/tiny/checkpoints/last/model.safetensors"));
  told(0, "runs/tiny/verdict.json", R"([1, 2])");
  told(0, "runs/tiny/verdict.json", R"({"history": [{"update": "one", "verdict": 3}]})");
  told(2, "runs/tiny/meta.json", "[]");
}

}  // namespace
}  // namespace carousel
