// What a training does when it is asked to end, or its console goes away.
#include <csignal>
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/carousel/train/run_files.h"

namespace carousel {
namespace {

using testing::HasSubstr;

struct EndingSignal {
  int number;
  const char* name;
};

class EverySignal : public testing::TestWithParam<EndingSignal> {};

TEST_P(EverySignal, SavesAndSaysWhichItWas) {
  const auto [number, name] = GetParam();
  const Scratch scratch;
  const pid_t child = start_endless(scratch);
  ::kill(child, number);
  const Outcome stopped = scratch.wait_for(child);
  EXPECT_EQ(stopped.exit_code, 128 + number) << stopped.err;
  const std::string updates = meta_of(scratch / "runs/tiny")["result"]["updates"].dump();
  EXPECT_THAT(stopped.err, HasSubstr(std::string("stopped by ") + name + " after update " + updates +
                                     ", saved; go on with: carousel train --resume runs/tiny"));
  EXPECT_FALSE(std::filesystem::exists(scratch / "runs/tiny/lock"));
  EXPECT_EQ(scratch.run({"train", "--resume", "runs/tiny", "--train-for", updates + "u"}).exit_code, 0);
}

INSTANTIATE_TEST_SUITE_P(Signals, EverySignal,
                         testing::Values(EndingSignal{SIGHUP, "SIGHUP"}, EndingSignal{SIGTERM, "SIGTERM"},
                                         EndingSignal{SIGUSR1, "SIGUSR1"}, EndingSignal{SIGUSR2, "SIGUSR2"},
                                         EndingSignal{SIGXCPU, "SIGXCPU"}, EndingSignal{SIGPIPE, "SIGPIPE"},
                                         EndingSignal{SIGALRM, "SIGALRM"}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Signals, ThatFollowTheFirstDoNotCutOffTheSave) {
  const Scratch scratch;
  const pid_t child = start_endless(scratch);
  for (const int number : {SIGTERM, SIGINT, SIGINT, SIGHUP, SIGTERM}) ::kill(child, number);
  const Outcome stopped = scratch.wait_for(child);
  EXPECT_GT(stopped.exit_code, 128);
  EXPECT_TRUE(meta_of(scratch / "runs/tiny").contains("result")) << stopped.err;
  EXPECT_TRUE(std::filesystem::exists(scratch / "runs/tiny/checkpoints/last/state.json"));
}

TEST(Signals, ThatWereIgnoredAtTheStartStayIgnored) {
  const Scratch scratch;
  auto* const before = std::signal(SIGHUP, SIG_IGN);
  const pid_t child = start_endless(scratch);
  std::signal(SIGHUP, before);
  ::kill(child, SIGHUP);
  const auto metrics = scratch / "runs/tiny/metrics.jsonl";
  const auto size = std::filesystem::file_size(metrics);
  for (int i = 0; i < 3000 && std::filesystem::file_size(metrics) < size + 4000; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_GE(std::filesystem::file_size(metrics), size + 4000) << "the training has stopped";
  ::kill(child, SIGTERM);
  EXPECT_EQ(scratch.wait_for(child).exit_code, 128 + SIGTERM);
}

TEST(ConsoleThatNobodyReads, DoesNotEndATraining) {
  const Scratch scratch;
  std::string command = "cd '" + scratch.path().string() + "' && { " + CAROUSEL_BINARY;
  for (const std::string& word : tiny_training({"--train-for", "60u", "--log-every", "1u"}))
    command += " " + word;
  command += "; echo $? >code; } 2>&1 | head -1 >seen";
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(content_of(scratch / "code"), "0\n");
  EXPECT_THAT(content_of(scratch / "seen"), HasSubstr("task"));
  EXPECT_EQ(meta_of(scratch / "runs/tiny")["result"]["updates"], 60);
}

TEST(ConsoleThatIsClosed, IsNotTakenForAFileOfTheRun) {
  const Scratch scratch;
  std::string command = "cd '" + scratch.path().string() + "' && " + CAROUSEL_BINARY;
  for (const std::string& word : tiny_training({"--log-every", "1u"})) command += " " + word;
  ASSERT_EQ(std::system((command + " <&- >&- 2>&-").c_str()), 0);
  for (const auto& [name, content] : contents_under(scratch / "runs")) {
    const bool log = name.ends_with("log.txt");
    EXPECT_EQ(content.find("baseline  ") != std::string::npos, log) << name;
  }
  EXPECT_EQ(record_of(scratch / "runs/tiny").size(), 6u);
}

}  // namespace
}  // namespace carousel
