#include "carousel/io/run_lock.h"

#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "carousel/error.h"

#include "io/process_mark.h"
#include "io/temporary_folder.h"

namespace carousel {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

/// A process that was there and is gone.
std::int64_t dead_process() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  return child;
}

void put_lock(const TemporaryFolder& folder, const ProcessMark& mark) {
  const json text{{"host", mark.host}, {"pid", mark.pid}, {"start", mark.start}, {"since", "yesterday"}};
  put(lock_file(folder.path()), text.dump());
}

TEST(RunLock, IsHeldByOneAtATimeAndLeavesNoFile) {
  const TemporaryFolder folder;
  {
    const RunLock lock = RunLock::take(folder.path());
    EXPECT_THAT(
        message_of<Error>([&] { RunLock::take(folder.path()); }),
        AllOf(HasSubstr("is being written by process " + std::to_string(::getpid())), HasSubstr("kill")));
    EXPECT_EQ(look_at_lock(folder.path()).kind, LockState::held);
  }
  EXPECT_TRUE(names_in(folder.path()).empty());
  RunLock::take(folder.path());
}

TEST(RunLock, OfAProcessThatIsGoneIsTakenOver) {
  const TemporaryFolder folder;
  put_lock(folder, {.host = own_mark().host, .pid = dead_process(), .start = "1"});
  EXPECT_EQ(look_at_lock(folder.path()).kind, LockState::stale);
  const RunLock lock = RunLock::take(folder.path());
  EXPECT_EQ(json::parse(content_of(lock_file(folder.path())))["pid"], ::getpid());
}

TEST(RunLock, OfAnEarlierProcessOfTheSameNumberIsTakenOver) {
  const TemporaryFolder folder;
  put_lock(folder, {.host = own_mark().host, .pid = ::getpid(), .start = "1"});
  EXPECT_EQ(look_at_lock(folder.path()).kind, LockState::stale);
  RunLock::take(folder.path());
}

TEST(RunLock, OfARunningProcessIsRefusedAlsoWhereTheFileSystemHasNoLocks) {
  const TemporaryFolder folder;
  put_lock(folder, own_mark());  // as such a file system would have it: the file, and nothing more
  const std::string before = content_of(lock_file(folder.path()));
  EXPECT_THAT(message_of<Error>([&] { RunLock::take(folder.path()); }), HasSubstr("is being written"));
  EXPECT_EQ(content_of(lock_file(folder.path())), before);
}

TEST(RunLock, OfAnotherMachineIsRefusedWithTheFileToDelete) {
  const TemporaryFolder folder;
  put_lock(folder, {.host = "far-away", .pid = 1, .start = "1"});
  EXPECT_THAT(message_of<Error>([&] { RunLock::take(folder.path()); }),
              AllOf(HasSubstr("'far-away'"), HasSubstr("delete '" + lock_file(folder.path()).string())));
  EXPECT_EQ(look_at_lock(folder.path()).kind, LockState::elsewhere);
}

TEST(RunLock, ThatWasCutShortByAKillIsTakenOver) {
  for (const char* text : {"", "{\"host\": \"a", "null", "{}"}) {
    const TemporaryFolder folder;
    put(lock_file(folder.path()), text);
    RunLock::take(folder.path());
  }
}

TEST(RunLock, GoesWithAFolderThatIsRenamed) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "a");
  {
    RunLock lock = RunLock::take(folder / "a");
    std::filesystem::rename(folder / "a", folder / "b");
    lock.moved_to(folder / "b");
    EXPECT_THROW(RunLock::take(folder / "b"), Error);
  }
  EXPECT_TRUE(names_in(folder / "b").empty());
}

TEST(RunLock, RemovesOnlyItsOwnFile) {
  const TemporaryFolder folder;
  {
    const RunLock lock = RunLock::take(folder.path());
    std::filesystem::remove(lock_file(folder.path()));
    put(lock_file(folder.path()), "another's");
  }
  EXPECT_EQ(content_of(lock_file(folder.path())), "another's");
}

TEST(TemporaryName, IsLeftBehindOnlyByAProcessOfThisMachineThatIsGone) {
  const std::string name = temporary_name(".tmp");
  EXPECT_NE(name, temporary_name(".tmp"));
  EXPECT_FALSE(is_left_behind(name)) << name;
  const std::string own = "-" + std::to_string(::getpid()) + "-";
  std::string gone = name, elsewhere = name;
  gone.replace(gone.find(own), own.size(), "-" + std::to_string(dead_process()) + "-");
  EXPECT_TRUE(is_left_behind(gone)) << gone;
  elsewhere.replace(10, 8, "00000000");
  EXPECT_FALSE(is_left_behind(elsewhere)) << elsewhere;
  for (const char* other : {".carousel-", ".carousel-x-y-z.tmp", "notes.tmp", ""})
    EXPECT_FALSE(is_left_behind(other)) << other;
}

}  // namespace
}  // namespace carousel
