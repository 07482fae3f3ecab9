#include "carousel/io/run_lock.h"

#include <dlfcn.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "carousel/error.h"

#include "io/dead_process.h"
#include "io/descriptor.h"
#include "io/process_mark.h"
#include "io/temporary_folder.h"

namespace {
std::atomic<bool> without_file_locks{false};  // as on a file system that has none
}

/// Stands before the C library's.
extern "C" int flock(int descriptor, int operation) {
  static const auto real = reinterpret_cast<int (*)(int, int)>(::dlsym(RTLD_NEXT, "flock"));
  if (!without_file_locks) return real(descriptor, operation);
  errno = ENOLCK;
  return -1;
}

namespace carousel {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;

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

TEST(RunLock, SaysWhichProcessWritesSinceWhen) {
  const TemporaryFolder folder;
  const RunLock lock = RunLock::take(folder.path());
  EXPECT_THAT(look_at_lock(folder.path()).holder,
              ContainsRegex("^process " + std::to_string(::getpid()) +
                            " since 20[0-9-]{8}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"));
}

TEST(RunLock, OfOneThatHasNotWrittenItsNameYetIsRefused) {
  const TemporaryFolder folder;
  const Descriptor other(lock_file(folder.path()), O_RDWR | O_CREAT);
  ASSERT_EQ(::flock(other.get(), LOCK_EX), 0);
  EXPECT_THAT(message_of<Error>([&] { RunLock::take(folder.path()); }),
              AllOf(HasSubstr("is being written by another process"), HasSubstr("(kill PID)")));
  EXPECT_EQ(content_of(lock_file(folder.path())), "");
}

// Each removes its file at the end, which another may have opened but not locked yet.
TEST(RunLock, IsNeverHeldByTwoOfManyThatTakeItAndLetGoAllTheTime) {
  const TemporaryFolder folder;
  std::atomic<int> holders{0}, taken{0}, together{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int tries = 0; tries < 100'000 && taken < 100; ++tries) {
        try {
          const RunLock lock = RunLock::take(folder.path());
          ++taken;
          if (++holders > 1) ++together;
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
          --holders;
        } catch (const Error&) {
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(taken, 100);
  EXPECT_EQ(together, 0);
}

/// What take() says when another process writes its name into the file right after ours was written.
std::string refusal_of_the_first_of_two(const TemporaryFolder& folder) {
  const TemporaryFolder aside;
  put_lock(aside, {.host = own_mark().host, .pid = ::getppid(), .start = "1"});
  std::thread second([&] {
    while (content_of(lock_file(folder.path())).empty()) std::this_thread::yield();
    std::filesystem::rename(lock_file(aside.path()), lock_file(folder.path()));
  });
  std::optional<RunLock> first;
  const std::string said = message_of<Error>([&] { first.emplace(RunLock::take(folder.path())); });
  second.join();
  std::filesystem::remove(lock_file(folder.path()));
  return said;
}

// On such a file system two that come at the same moment both find nobody: the one that wrote last has it.
TEST(RunLock, IsRefusedToTheFirstOfTwoAtOnceWhereTheFileSystemHasNoLocks) {
  const TemporaryFolder folder;
  without_file_locks = true;
  std::string said = refusal_of_the_first_of_two(folder);
  // On a busy machine the second may come too late to be one of two at once.
  for (int i = 0; i < 50 && said == "(nothing was thrown)"; ++i) said = refusal_of_the_first_of_two(folder);
  EXPECT_THAT(said, HasSubstr("by process " + std::to_string(::getppid()) + " since yesterday"));
  RunLock::take(folder.path());  // one that comes alone gets it
  without_file_locks = false;
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

TEST(RunLock, OfANumberThatIsNoProcessIsTakenOver) {
  for (const std::int64_t number : {-1, 0}) {
    const TemporaryFolder folder;
    put_lock(folder, {.host = own_mark().host, .pid = number, .start = ""});
    EXPECT_EQ(look_at_lock(folder.path()).kind, LockState::stale) << number;
    RunLock::take(folder.path());
  }
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
    EXPECT_EQ(look_at_lock(folder.path()).kind, LockState::stale) << text;
    RunLock::take(folder.path());
    EXPECT_EQ(look_at_lock(folder.path()).kind, LockState::free);
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

TEST(RunLock, LeavesTheFileOfAFolderThatWasReplacedAndTheSystemsLockOnIt) {
  const TemporaryFolder folder;
  RunLock lock = RunLock::take(folder.path());
  lock.leave_file();
  EXPECT_EQ(names_in(folder.path()).size(), 1u);
  const Descriptor file(lock_file(folder.path()), O_RDWR);
  EXPECT_EQ(::flock(file.get(), LOCK_EX | LOCK_NB), 0);
}

TEST(RunLock, KeepsNoDescriptorOpen) {
  const TemporaryFolder folder;
  const auto next_descriptor = [&] { return Descriptor(folder.path(), O_RDONLY).get(); };
  const int before = next_descriptor();
  RunLock::take(folder.path());
  EXPECT_EQ(next_descriptor(), before);
}

}  // namespace
}  // namespace carousel
