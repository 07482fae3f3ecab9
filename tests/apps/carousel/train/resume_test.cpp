// Runs that were killed, damaged or moved, and those that another process is writing.
#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/carousel/train/run_files.h"

namespace carousel {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using Options = std::vector<std::string>;

struct Ended {
  const char* name;
  Options options;
  const char* reason;
  int updates;
  const char* said;
};

class EndedRun : public testing::TestWithParam<Ended> {};

TEST_P(EndedRun, IsFinishedByAResumeAndNotTrainedOn) {
  const auto& [name, options, reason, updates, said] = GetParam();
  const Scratch scratch;
  Options words = tiny_training({"--validate-every", "2u"});
  words.insert(words.end(), options.begin(), options.end());
  ASSERT_EQ(scratch.run(words).exit_code, 0);
  const auto run = scratch / "runs/tiny";
  const json before = meta_of(run)["result"];
  ASSERT_EQ(before["reason"], reason);
  ASSERT_EQ(before["updates"], updates);
  const auto record = record_of(run);
  const std::string weights = saved_weights(run), verdict = content_of(run / "verdict.json");
  forget_result(run);

  const Outcome resumed = scratch.run({"train", "--resume", "runs/tiny"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, AllOf(HasSubstr("nothing left to do"), HasSubstr(said)));
  const json after = meta_of(run)["result"];
  for (const char* key : {"reason", "updates", "best", "last", "verdict"})
    EXPECT_EQ(after[key], before[key]) << key;
  EXPECT_EQ(record_of(run), record);
  EXPECT_EQ(saved_weights(run), weights);
  EXPECT_EQ(content_of(run / "verdict.json"), verdict);
}

INSTANTIATE_TEST_SUITE_P(
    Resume, EndedRun,
    testing::Values(
        Ended{"Length", {}, "finished", 5, "give more to go on"},
        Ended{"Target", {"--stop-at", "1000"}, "target", 2, "--stop-at 1000 is reached"},
        Ended{"Patience", {"--patience", "1", "--lr", "1e-30"}, "early-stop", 4, "give a larger one"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(KilledRun, ThatWasStoppedBetweenItsFirstTwoCheckpointsGetsTheSecond) {
  for (const Options& options :
       {Options{"--validate-every", "0"}, Options{"--target", "1000", "--keep", "1"}}) {
    const Scratch scratch;
    ASSERT_EQ(scratch.run(tiny_training(options)).exit_code, 0);
    const auto run = scratch / "runs/tiny";
    const std::string state = content_of(run / "checkpoints/last/state.json");
    fs::remove_all(run / "checkpoints/last");
    forget_result(run);
    const Outcome resumed = scratch.run({"train", "--resume", "runs/tiny"});
    EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
    EXPECT_EQ(content_of(run / "checkpoints/last/state.json"), state) << options.front();
  }
}

TEST(RunWithoutACheckpoint, StartsFromItsBeginningAndComesToTheSame) {
  const Scratch scratch;
  ASSERT_EQ(scratch.run(tiny_training()).exit_code, 0);
  const auto run = scratch / "runs/tiny";
  const auto record = record_of(run);
  const std::string weights = saved_weights(run);
  forget_result(run);
  fs::remove_all(run / "checkpoints/last");
  fs::remove_all(run / "checkpoints/best");
  fs::create_directory(run / "checkpoints/best.new");  // it was killed while it wrote its first
  const Outcome resumed = scratch.run({"train", "--resume", "runs/tiny"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("starts from its beginning"));
  EXPECT_EQ(record_of(run), record);
  EXPECT_EQ(saved_weights(run), weights);
  EXPECT_EQ(names_in(run / "checkpoints"), (std::set<std::string>{"best", "last"}));
}

TEST(RunWithoutACheckpoint, ThatWasToBeImportedIsNotTrainedFromDrawnWeights) {
  const Scratch scratch;
  ASSERT_EQ(scratch.run(tiny_training()).exit_code, 0);
  const auto run = scratch / "runs/tiny";
  json meta = meta_of(run);
  meta["imported"] = {{"file", "model.pt"}};
  meta["command_line"] = {"carousel", "import", "model.pt"};
  put(run / "meta.json", meta.dump());
  fs::remove_all(run / "checkpoints/last");
  fs::remove_all(run / "checkpoints/best");
  const Outcome resumed = scratch.run({"train", "--resume", "runs/tiny"});
  EXPECT_EQ(resumed.exit_code, 2);
  EXPECT_THAT(resumed.err, AllOf(HasSubstr("'model.pt'"), HasSubstr("carousel import model.pt --overwrite"),
                                 Not(HasSubstr("--config"))));
}

TEST(RunInTraining, IsWrittenByOneProcessAndReadByOthers) {
  const Scratch scratch;
  const pid_t child = start_endless(scratch, {"--validate-every", "2u"});
  while (!fs::exists(scratch / "runs/tiny/checkpoints/last/state.json"))
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  const std::string err = content_of(scratch / "stderr");
  const Scratch other;  // for its own console
  const std::string run = (scratch / "runs/tiny").string();
  for (const Options& words : {Options{"train", "--resume", run},
                               tiny_training({"--overwrite", "--runs-dir", (scratch / "runs").string()})}) {
    const Outcome refused = other.run(words);
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_THAT(refused.err, AllOf(HasSubstr("is being written by process " + std::to_string(child)),
                                   HasSubstr("kill " + std::to_string(child))));
  }
  for (const char* command : {"eval", "flow", "report"})
    EXPECT_EQ(other.run({command, run}).exit_code, 0) << command << content_of(other / "stderr");
  ::kill(child, SIGTERM);
  EXPECT_EQ(scratch.wait_for(child).exit_code, 128 + SIGTERM);
  EXPECT_EQ(scratch.runs(), std::set<std::string>{"tiny"});
}

TEST(RunOfAKilledProcess, IsTakenOverAndTidied) {
  const Scratch scratch;
  const pid_t child = start_endless(scratch);
  ::kill(child, SIGKILL);
  scratch.wait_for(child);
  const auto run = scratch / "runs/tiny";
  ASSERT_TRUE(fs::exists(run / "lock"));
  const std::string left = json::parse(content_of(run / "lock"))["host"].get<std::string>();
  fs::create_directories(run / "checkpoints/last.new");
  const Outcome resumed = scratch.run({"train", "--resume", "runs/tiny", "--train-for", "3u"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_FALSE(fs::exists(run / "lock"));
  EXPECT_EQ(names_in(run / "checkpoints"), (std::set<std::string>{"best", "last"}));
}

TEST(DamagedLine, IsToldAndNothingAfterItIsLost) {
  const Scratch scratch;
  const Options every{"--flow-every", "1u"};
  ASSERT_EQ(scratch.run(tiny_training(every)).exit_code, 0);
  const auto run = scratch / "runs/tiny";
  for (const char* name : {"metrics.jsonl", "flow/norms.jsonl"}) {
    std::string text = content_of(run / name);
    text[text.find('\n') + 1] = '#';  // the first byte of the second line
    put(run / name, text);
  }
  const auto before = record_of(run);
  const std::string table = content_of(run / "metrics.csv");
  const Outcome resumed = scratch.run({"train", "--resume", "runs/tiny", "--train-for", "7u"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, AllOf(HasSubstr("metrics.jsonl' is damaged in line 2"),
                                 HasSubstr("norms.jsonl' is damaged in line 2")));
  auto after = record_of(run);
  ASSERT_EQ(after.size(), before.size() + 3);  // two updates and a validation
  after.resize(before.size());
  EXPECT_EQ(after, before);
  EXPECT_THAT(content_of(run / "metrics.csv"), testing::StartsWith(table)) << "its row was not damaged";
  EXPECT_THAT(scratch.run({"report", "runs/tiny"}).err, HasSubstr("damaged in line 2"));
}

TEST(RecordThatIsShort, IsToldAndItsTableIsKept) {
  const Scratch scratch;
  ASSERT_EQ(scratch.run(tiny_training()).exit_code, 0);
  const auto run = scratch / "runs/tiny";
  const std::string table = content_of(run / "metrics.csv");
  fs::remove(run / "metrics.jsonl");
  put(run / "verdict.json", "damaged");
  const Outcome resumed = scratch.run({"train", "--resume", "runs/tiny", "--train-for", "7u"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_THAT(resumed.err,
              AllOf(HasSubstr("metrics.jsonl' ends at update 0, and the run goes on after update 5"),
                    HasSubstr("verdict.json' is damaged")));
  EXPECT_THAT(content_of(run / "metrics.csv"), testing::StartsWith(table));
}

TEST(LastLine, IsDroppedWhenItWasCutShortAndKeptWhenOnlyItsEndIsMissing) {
  const Scratch scratch;
  ASSERT_EQ(scratch.run(tiny_training()).exit_code, 0);
  const auto run = scratch / "runs/tiny";
  const auto before = record_of(run);
  std::string text = content_of(run / "metrics.jsonl");
  text.pop_back();
  for (const char* tail : {"", "\n{\"kind\":\"upd"}) {
    put(run / "metrics.jsonl", text + tail);
    ASSERT_EQ(scratch.run({"train", "--resume", "runs/tiny"}).exit_code, 0);
    EXPECT_EQ(record_of(run), before) << tail;
  }
}

class RunOfAText : public testing::Test {
 protected:
  RunOfAText() {
    std::string text;
    for (int i = 0; i < 400; ++i) text += "the carousel turns " + std::to_string(i * i % 97) + "\n";
    put(scratch_ / "here/my.txt", text);
    fs::create_directory(scratch_ / "elsewhere");
    const Outcome trained = scratch_.run(
        {"train", "charlm", "--text", "here/my.txt", "--hidden", "8", "--batch", "4", "--length", "10",
         "--train-for", "4u", "--validation-batches", "1", "--name", "text", "--stop-at", "none"});
    EXPECT_EQ(trained.exit_code, 0) << trained.err;
  }
  Outcome resume(Options more = {}) const {
    Options words{"train", "--resume", "runs/text", "--train-for", "6u"};
    words.insert(words.end(), more.begin(), more.end());
    return scratch_.run(words);
  }

  Scratch scratch_;
};

TEST_F(RunOfAText, GoesOnFromAnotherFolder) {
  const Scratch other;
  const std::string run = (scratch_ / "runs/text").string();
  const Outcome resumed = other.run({"train", "--resume", run, "--train-for", "6u"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(other.run({"eval", run}).exit_code, 0);
}

TEST_F(RunOfAText, GoesOnWithItsTextAtANewPlace) {
  fs::rename(scratch_ / "here/my.txt", scratch_ / "elsewhere/your.txt");
  const Outcome lost = resume();
  EXPECT_EQ(lost.exit_code, 2);
  EXPECT_THAT(lost.err, AllOf(HasSubstr("'here/my.txt' is not there any more"), HasSubstr("--text")));
  EXPECT_EQ(resume({"--text", "elsewhere/your.txt"}).exit_code, 0);
  EXPECT_EQ(scratch_.run({"train", "--resume", "runs/text", "--train-for", "7u"}).exit_code, 0)
      << "the new place was not kept";
}

TEST_F(RunOfAText, DoesNotGoOnWithAnotherText) {
  const auto before = contents_under(scratch_ / "runs");
  std::string text = content_of(scratch_ / "here/my.txt");
  text[7] ^= 1;
  put(scratch_ / "here/my.txt", text);
  const Outcome changed = resume();
  EXPECT_EQ(changed.exit_code, 2);
  EXPECT_THAT(changed.err, HasSubstr("is not what the run was trained on"));
  EXPECT_EQ(contents_under(scratch_ / "runs"), before);
}

}  // namespace
}  // namespace carousel
