// Checkpoints that stay, and going back to one.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/carousel/train/run_files.h"

namespace carousel {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using Names = std::set<std::string>;

int saved_update(const Scratch& scratch, const std::string& checkpoint) {
  return json::parse(content_of(scratch / ("runs/tiny/checkpoints/" + checkpoint + "/state.json")))["update"];
}

/// Ten updates, validated every two; the three newest checkpoints stay. `more` options follow.
void train_ten(const Scratch& scratch, std::vector<std::string> more = {}) {
  std::vector<std::string> words =
      tiny_training({"--train-for", "10u", "--validate-every", "2u", "--flow-every", "1u", "--keep", "3"});
  words.insert(words.end(), more.begin(), more.end());
  const Outcome outcome = scratch.run(words);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
}

TEST(KeptCheckpoints, AreTheNewestOfTheValidationsAndMayBeNamed) {
  const Scratch scratch;
  train_ten(scratch);
  EXPECT_EQ(names_in(scratch / "runs/tiny/checkpoints"),
            (Names{"best", "last", "update-000006", "update-000008", "update-000010"}));
  EXPECT_EQ(saved_update(scratch, "update-000006"), 6);
  EXPECT_EQ(saved_weights(scratch / "runs/tiny", "update-000010"), saved_weights(scratch / "runs/tiny"));
  const auto eval = [&](const char* checkpoint) {
    return scratch.run({"eval", "runs/tiny", "--checkpoint", checkpoint, "--json"});
  };
  EXPECT_EQ(json::parse(eval("update-000010").out)["loss"], json::parse(eval("last").out)["loss"]);
  EXPECT_NE(json::parse(eval("update-000006").out)["loss"], json::parse(eval("last").out)["loss"]);
  EXPECT_EQ(scratch.run({"flow", "runs/tiny", "--checkpoint", "update-000006"}).exit_code, 0);
  const Outcome none = eval("update-000004");
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("best, last, update-000006, update-000008, update-000010"));
}

TEST(KeptCheckpoints, AreCompletedByAResumeWhenAKillCameBetween) {
  const Scratch scratch;
  train_ten(scratch);
  std::filesystem::remove_all(scratch / "runs/tiny/checkpoints/update-000010");
  ASSERT_EQ(scratch.run({"train", "--resume", "runs/tiny"}).exit_code, 0);
  EXPECT_EQ(names_in(scratch / "runs/tiny/checkpoints"),
            (Names{"best", "last", "update-000006", "update-000008", "update-000010"}));
}

TEST(GoingBack, CutsTheRunAndComesToTheSameAgain) {
  const Scratch scratch;
  train_ten(scratch);
  const auto run = scratch / "runs/tiny";
  const auto record = record_of(run);
  const std::string weights = saved_weights(run), best = saved_weights(run, "best");
  const Outcome back =
      scratch.run({"train", "--resume", "runs/tiny", "--checkpoint", "update-000006", "--train-for", "7u"});
  ASSERT_EQ(back.exit_code, 0) << back.err;
  EXPECT_EQ(json::parse(record_of(run).back())["update"], 7);
  EXPECT_THAT(names_in(run / "checkpoints"), Not(testing::Contains("update-000008")));
  const Outcome on =
      scratch.run({"train", "--resume", "runs/tiny", "--checkpoint", "update-000006", "--train-for", "10u"});
  ASSERT_EQ(on.exit_code, 0) << on.err;
  EXPECT_EQ(record_of(run), record);
  EXPECT_EQ(saved_weights(run), weights);
  EXPECT_EQ(saved_weights(run, "best"), best);
}

TEST(GoingBack, LeavesABestThatIsOlderAndReplacesOneThatIsNewer) {
  const Scratch scratch;
  // Weights that hardly move: what is best is then the first validation.
  train_ten(scratch, {"--lr", "1e-30"});
  const auto back = [&] {
    return scratch
        .run({"train", "--resume", "runs/tiny", "--checkpoint", "update-000006", "--train-for", "6u"})
        .exit_code;
  };
  ASSERT_EQ(saved_update(scratch, "best"), 2);
  EXPECT_EQ(back(), 0);
  EXPECT_EQ(saved_update(scratch, "best"), 2);
  EXPECT_EQ(saved_update(scratch, "last"), 6);

  train_ten(scratch, {"--overwrite", "--seed", "3"});
  const auto path = scratch / "runs/tiny/checkpoints";
  if (saved_update(scratch, "best") <= 6) {
    std::filesystem::remove_all(path / "best");
    std::filesystem::copy(path / "last", path / "best", std::filesystem::copy_options::recursive);
  }
  EXPECT_EQ(back(), 0);
  EXPECT_LE(saved_update(scratch, "best"), 6);
  EXPECT_EQ(scratch.run({"eval", "runs/tiny"}).exit_code, 0);
}

TEST(GoingBack, IsTheWayOutOfADamagedLastCheckpoint) {
  const Scratch scratch;
  train_ten(scratch);
  const auto run = scratch / "runs/tiny";
  const auto record = record_of(run);
  const std::string weights = saved_weights(run);
  put(run / "checkpoints/last/model.safetensors", "damaged");  // update-000010 has the same file
  const Outcome refused = scratch.run({"train", "--resume", "runs/tiny"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("--checkpoint with one of best, update-000006, update-000008"));
  EXPECT_EQ(record_of(run), record);
  ASSERT_EQ(scratch.run({"train", "--resume", "runs/tiny", "--checkpoint", "update-000008"}).exit_code, 0);
  EXPECT_EQ(record_of(run), record);
  EXPECT_EQ(saved_weights(run), weights);
}

TEST(GoingBack, NeedsARunAndACheckpointItHas) {
  const Scratch scratch;
  const Outcome no_run = scratch.run(tiny_training({"--checkpoint", "best"}));
  EXPECT_EQ(no_run.exit_code, 2);
  EXPECT_THAT(no_run.err, HasSubstr("--resume"));
  train_ten(scratch);
  const auto before = contents_under(scratch / "runs");
  const Outcome none = scratch.run({"train", "--resume", "runs/tiny", "--checkpoint", "update-000002"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("no checkpoint 'update-000002': it has best, last, update-000006"));
  EXPECT_EQ(contents_under(scratch / "runs"), before);
}

TEST(Checkpoints, OfARunWithNoiseGoOnWithTheMasksThatTheUndisturbedRunDraws) {
  const Scratch scratch;
  const auto words = [](const std::string& name, const std::string& updates) {
    auto all = tiny_training({"--cell", "lstm", "--drop-hidden", "0.2", "--drop-input", "0.1",
                              "--drop-update", "0.2", "--drop-weights", "0.3", "--zoneout", "h=0.1,c=0.3"});
    std::ranges::replace(all, std::string("tiny"), name);
    std::ranges::replace(all, std::string("5u"), updates);
    return all;
  };
  const Outcome whole = scratch.run(words("whole", "8u"));
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  EXPECT_THAT(
      whole.err,
      HasSubstr("drop-hidden 0.2, drop-input 0.1, drop-update 0.2, drop-weights 0.3, zoneout h=0.1,c=0.3"));
  ASSERT_EQ(scratch.run(words("halves", "4u")).exit_code, 0);
  const Outcome resumed = scratch.run({"train", "--resume", "runs/halves", "--train-for", "8u"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  const auto weights = [&](const std::string& name) {
    return content_of(scratch / ("runs/" + name + "/checkpoints/last/model.safetensors"));
  };
  EXPECT_EQ(weights("halves"), weights("whole"));
}

}  // namespace
}  // namespace carousel
