#include "io/process_mark.h"

#include <sstream>

#include <gtest/gtest.h>

#include "io/dead_process.h"
#include "io/temporary_folder.h"

namespace carousel {
namespace {

TEST(ProcessMark, OfARunningProcessIsKnownAgainWhateverTheProcessCallsItself) {
  std::ifstream name("/proc/self/comm");
  if (!name) GTEST_SKIP() << "this system does not tell of processes below /proc";
  std::string before;
  std::getline(name, before);
  put("/proc/self/comm", ") R 1 (");
  EXPECT_EQ(state_of(own_mark()), ProcessState::running);
  put("/proc/self/comm", before);
}

TEST(ProcessMark, HasTheTimeTheProcessStarted) {
  const std::string status = content_of("/proc/self/stat");
  if (status.empty()) GTEST_SKIP() << "this system does not tell of processes below /proc";
  std::istringstream fields(status.substr(status.rfind(')') + 1));
  std::string field;
  for (int number = 3; number <= 22; ++number) fields >> field;
  EXPECT_EQ(own_mark().start, field);
}

TEST(ProcessMark, OfAnotherUsersProcessIsSeenToRun) {
  const ProcessMark parent = own_mark();
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr uid_t nobody = 65534;
    if (::geteuid() == 0 && ::setuid(nobody) != 0) ::_exit(2);  // any other user may signal this process
    ::_exit(state_of(parent) == ProcessState::running ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST(TemporaryName, IsLeftBehindOnlyByAProcessOfThisMachineThatIsGone) {
  const std::string name = temporary_name(".tmp");
  EXPECT_NE(name, temporary_name(".tmp"));
  EXPECT_FALSE(is_left_behind(name)) << name;
  const auto with = [&](const std::string& part, const std::string& other) {
    std::string changed = name;
    return changed.replace(changed.find(part), part.size(), other);
  };
  const std::string own = "-" + std::to_string(::getpid()) + "-", start = own + own_mark().start + "-";
  const std::string gone = with(own, "-" + std::to_string(dead_process()) + "-");
  const std::string earlier = with(start, own + "1-");
  for (const auto& left : {gone, earlier}) EXPECT_TRUE(is_left_behind(left)) << left;
  std::string elsewhere = gone;
  elsewhere.replace(10, 8, "00000000");
  for (const auto& other : {elsewhere, with(own, "-x-"), with(own, "-1x-"), std::string(".carousel-"),
                            std::string(".carousel-x-y-z.tmp"), std::string("notes.tmp"), std::string()})
    EXPECT_FALSE(is_left_behind(other)) << other;
}

}  // namespace
}  // namespace carousel
