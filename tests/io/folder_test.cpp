#include "carousel/io/folder.h"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carousel/error.h"

#include "io/system_limits.h"
#include "io/temporary_folder.h"

namespace carousel {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ReplaceFolder, PutsTheNewOneInPlaceAndLeavesNothingBesides) {
  const TemporaryFolder folder;
  for (const std::string content : {"first", "second"}) {
    put(folder.path() / ".last.new" / "deep" / "model", content);
    replace_folder(folder / ".last.new", folder / "last");
    EXPECT_EQ(content_of(folder.path() / "last" / "deep" / "model"), content);
    EXPECT_THAT(names_in(folder.path()), ElementsAre("last"));
  }
}

TEST(ReplaceFolder, DropsFilesThatOnlyTheOldOneHad) {
  const TemporaryFolder folder;
  put(folder.path() / "last" / "old", "x");
  put(folder.path() / "new" / "model", "y");
  replace_folder(folder / "new/", folder / "last/");
  EXPECT_THAT(names_in(folder / "last"), ElementsAre("model"));
}

TEST(ReplaceFolder, IsNeverSeenMissingByAReader) {
  const TemporaryFolder folder;
  put(folder.path() / "last" / "model", "0");
  std::atomic<bool> done = false;
  std::atomic<int> missing = 0;
  std::thread reader([&] {
    const auto exists = [&] { return std::filesystem::exists(folder / "last"); };
    // Where names cannot be exchanged, the writer may be between its two steps, and done before we help.
    while (!done) missing += !exists() && !recover_folder(folder / "last") && !exists();
  });
  for (int i = 0; i < 50; ++i) {
    put(folder.path() / "new" / "model", std::to_string(i));
    replace_folder(folder / "new", folder / "last");
  }
  done = true;
  reader.join();
  EXPECT_EQ(missing, 0);
  EXPECT_EQ(content_of(folder.path() / "last" / "model"), "49");
}

TEST(ReplaceFolder, WithoutANewFolderKeepsTheOldOne) {
  const TemporaryFolder folder;
  put(folder.path() / "last" / "model", "old");
  EXPECT_THAT(message_of<Error>([&] { replace_folder(folder / "new", folder / "last"); }), HasSubstr("new'"));
  EXPECT_EQ(content_of(folder.path() / "last" / "model"), "old");
}

TEST(ReplaceFolder, DoesNotReplaceAFile) {
  const TemporaryFolder folder;
  put(folder / "last", "a file");
  put(folder.path() / "new" / "model", "x");
  EXPECT_THROW(replace_folder(folder / "new", folder / "last"), Error);
  EXPECT_EQ(content_of(folder / "last"), "a file");
}

TEST(ReplaceFolder, WithoutPermissionKeepsTheOldOne) {
  const TemporaryFolder folder;
  put(folder.path() / "last" / "model", "old");
  put(folder.path() / "new" / "model", "new");
  const ReadOnlyFolder closed(folder.path());
  if (!closed.works()) GTEST_SKIP() << "root may not become somebody else here";
  EXPECT_THROW(replace_folder(folder / "new", folder / "last"), SystemError);
  EXPECT_EQ(content_of(folder.path() / "last" / "model"), "old");
}

TEST(RecoverFolder, BringsTheOldOneBackAfterADeathBetweenTheTwoSteps) {
  const TemporaryFolder folder;
  put(aside_name(folder / "last") / "model", "old");
  put(folder.path() / "new" / "model", "half");
  EXPECT_TRUE(recover_folder(folder / "last"));
  EXPECT_EQ(content_of(folder.path() / "last" / "model"), "old");
  EXPECT_FALSE(std::filesystem::exists(aside_name(folder / "last")));
}

TEST(RecoverFolder, PrefersTheNewOneAfterADeathBeforeTheOldOneWasDeleted) {
  const TemporaryFolder folder;
  put(aside_name(folder / "last") / "model", "old");
  put(folder.path() / "last" / "model", "new");
  EXPECT_FALSE(recover_folder(folder / "last"));
  EXPECT_EQ(content_of(folder.path() / "last" / "model"), "new");
  put(folder.path() / "newer" / "model", "newer");
  replace_folder(folder / "newer", folder / "last");
  EXPECT_THAT(names_in(folder.path()), ElementsAre("last"));
}

TEST(RecoverFolder, HasNothingToDoWhereNothingWasWritten) {
  const TemporaryFolder folder;
  EXPECT_FALSE(recover_folder(folder / "last"));
}

}  // namespace
}  // namespace carousel
