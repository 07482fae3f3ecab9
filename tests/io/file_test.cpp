#include "carousel/io/file.h"

#include <sys/stat.h>

#include <array>
#include <fstream>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carousel/error.h"

#include "io/system_limits.h"
#include "io/temporary_folder.h"

namespace carousel {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

TEST(ReadFile, ReturnsEveryByteIncludingZeros) {
  const TemporaryFolder folder;
  const std::string content("a\0b\r\n\xff", 6);
  put(folder / "x", content);
  EXPECT_EQ(read_file(folder / "x"), content);
}

TEST(ReadFile, LetsACheckSeeTheBeginningAndTheSizeAndRefuse) {
  const TemporaryFolder folder;
  const std::string content(200'000, 'x');
  put(folder / "x", content);
  std::string seen;
  std::uint64_t size = 0;
  const auto look = [&](std::string_view beginning, std::uint64_t bytes) { seen = beginning, size = bytes; };
  EXPECT_EQ(read_file(folder / "x", look), content);
  EXPECT_EQ(seen, content.substr(0, 1 << 16));
  EXPECT_EQ(size, 200'000u);

  const auto refuse = [](std::string_view, std::uint64_t) { throw Error("not this one"); };
  EXPECT_EQ(message_of<Error>([&] { read_file(folder / "x", refuse); }), "not this one");
}

TEST(ReadFile, RefusesADeviceThatNeverEndsBeforeItFillsTheMemory) {
  EXPECT_EQ(
      message_of<Error>([] { read_file("/dev/zero"); }),
      "'/dev/zero' goes on after 268435456 bytes, and no more is read of what is no file with a size of its "
      "own: save what it gives as a file first");
}

TEST(ReadFile, FillsTheBeginningFromAPipeThatGivesLittleAtATime) {
  const TemporaryFolder folder;
  const auto pipe = folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::jthread writer([&] {
    std::ofstream to(pipe, std::ios::binary);
    for (const char* piece : {"ab", "cdefg", "hi"}) to << piece << std::flush;
  });
  std::string seen;
  const auto look = [&](std::string_view beginning, std::uint64_t size) {
    seen = beginning;
    EXPECT_EQ(size, 0u);
  };
  EXPECT_EQ(read_file(pipe, look), "abcdefghi");
  EXPECT_EQ(seen, "abcdefghi");
}

#ifndef __SANITIZE_ADDRESS__  // its allocator ends the program rather than throw
TEST(ReadFile, LargerThanMemoryIsTheSystemsRefusal) {
  const TemporaryFolder folder;
  put(folder / "hole", "x");
  std::filesystem::resize_file(folder / "hole", std::uintmax_t{1} << 43);  // no disk is used
  EXPECT_THAT(message_of<SystemError>([&] { read_file(folder / "hole"); }),
              AllOf(HasSubstr("hole"), HasSubstr("8796093022208 bytes are more than there is memory for")));
}
#endif

TEST(ReadFile, OfAMissingFileNamesThePath) {
  const TemporaryFolder folder;
  EXPECT_THAT(
      message_of<Error>([&] { read_file(folder / "gone.toml"); }),
      AllOf(HasSubstr((folder / "gone.toml").string()), HasSubstr("No such file"), EndsWith("spelling")));
}

TEST(ReadFile, OfAFolderSaysThatItIsOne) {
  const TemporaryFolder folder;
  EXPECT_THAT(message_of<Error>([&] { read_file(folder.path()); }), HasSubstr("Is a directory"));
}

TEST(ReadFile, WithoutPermissionIsTheSystemsRefusal) {
  const TemporaryFolder folder;
  put(folder / "secret", "x");
  std::filesystem::permissions(folder / "secret", std::filesystem::perms::none);
  const ReadOnlyFolder closed(folder.path());
  if (!closed.works()) GTEST_SKIP() << "root may not become somebody else here";
  EXPECT_THAT(message_of<SystemError>([&] { read_file(folder / "secret"); }), HasSubstr("permissions"));
}

TEST(WriteFileAtomically, CreatesAndReplacesAndLeavesNothingBesides) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "x", "one, and longer");
  EXPECT_EQ(content_of(folder / "x"), "one, and longer");
  write_file_atomically(folder / "x", "two");
  EXPECT_EQ(content_of(folder / "x"), "two");
  EXPECT_THAT(names_in(folder.path()), ElementsAre("x"));
}

TEST(WriteFileAtomically, JoinsPieces) {
  const TemporaryFolder folder;
  const std::string a = "ab", b = "", c = "cd";
  write_pieces_atomically(folder / "x", std::array{std::as_bytes(std::span(a)), std::as_bytes(std::span(b)),
                                                   std::as_bytes(std::span(c))});
  EXPECT_EQ(content_of(folder / "x"), "abcd");
}

TEST(WriteFileAtomically, TakesANameAsLongAsTheSystemDoes) {
  const TemporaryFolder folder;
  write_file_atomically(folder / std::string(255, 'n'), "x");
  EXPECT_EQ(content_of(folder / std::string(255, 'n')), "x");
}

TEST(WriteFileAtomically, BeyondTheSizeLimitKeepsTheOldFileAndLeavesNothingBesides) {
  const TemporaryFolder folder;
  put(folder / "model", "old");
  std::string message;
  {
    const FileSizeLimit limit(1000);
    message =
        message_of<SystemError>([&] { write_file_atomically(folder / "model", std::string(5000, 'x')); });
  }
  EXPECT_THAT(message,
              AllOf(HasSubstr("5000 bytes"), HasSubstr((folder / "model").string()), HasSubstr("ulimit -f")));
  EXPECT_EQ(content_of(folder / "model"), "old");
  EXPECT_THAT(names_in(folder.path()), ElementsAre("model"));
}

TEST(WriteFileAtomically, IntoAClosedFolderIsTheSystemsRefusal) {
  const TemporaryFolder folder;
  const ReadOnlyFolder closed(folder.path());
  if (!closed.works()) GTEST_SKIP() << "root may not become somebody else here";
  EXPECT_THAT(message_of<SystemError>([&] { write_file_atomically(folder / "x", "y"); }),
              HasSubstr("permissions"));
}

TEST(WriteFileAtomically, RefusesAFolderAndAMissingParent) {
  const TemporaryFolder folder;
  EXPECT_THAT(message_of<Error>([&] { write_file_atomically(folder.path(), "y"); }),
              HasSubstr("Is a directory"));
  EXPECT_THAT(message_of<Error>([&] { write_file_atomically(folder.path() / "no" / "x", "y"); }),
              HasSubstr("create the folder first"));
}

TEST(WriteFileAtomically, LeavesADeviceADevice) {
  write_file_atomically("/dev/null", "gone");
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
  EXPECT_THAT(message_of<SystemError>([] { write_file_atomically("/dev/full", "no room"); }),
              HasSubstr("free some"));
}

TEST(WriteFileAtomically, WritesWhereALinkPoints) {
  const TemporaryFolder folder;
  put(folder / "target", "old");
  std::filesystem::create_symlink("target", folder / "link");
  write_file_atomically(folder / "link", "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(content_of(folder / "target"), "new");
}

TEST(AppendFile, HoldsEachLineAtOnceAndGoesOnAfterReopening) {
  const TemporaryFolder folder;
  AppendFile file(folder / "log");
  file.append("one");
  EXPECT_EQ(content_of(folder / "log"), "one\n");
  AppendFile(folder / "log").append("two");
  EXPECT_EQ(content_of(folder / "log"), "one\ntwo\n");
}

TEST(AppendFile, DropsWhatCameAfterTheCheckpoint) {
  const TemporaryFolder folder;
  std::uint64_t at_checkpoint = 0;
  {
    AppendFile file(folder / "metrics.jsonl");
    file.append("1");
    at_checkpoint = file.size();
    file.append("2");
  }
  AppendFile resumed(folder / "metrics.jsonl", at_checkpoint);
  resumed.append("2 again");
  EXPECT_EQ(content_of(folder / "metrics.jsonl"), "1\n2 again\n");
  EXPECT_EQ(resumed.size(), 10u);
}

TEST(AppendFile, RefusesToKeepMoreThanThereIsAndLeavesTheFileAlone) {
  const TemporaryFolder folder;
  put(folder / "log", "abc");
  EXPECT_THAT(message_of<Error>([&] { AppendFile(folder / "log", 7); }),
              AllOf(HasSubstr("3 bytes"), HasSubstr("7 should be kept")));
  EXPECT_EQ(content_of(folder / "log"), "abc");
}

TEST(AppendFile, OnAFullDiskSaysSo) {
  AppendFile file("/dev/full");
  EXPECT_THAT(message_of<SystemError>([&] { file.append("no room"); }),
              AllOf(HasSubstr("/dev/full"), HasSubstr("8 bytes"), HasSubstr("No space left"),
                    HasSubstr("free some")));
}

TEST(AppendFile, TakesAHalfWrittenLineBack) {
  const TemporaryFolder folder;
  AppendFile file(folder / "log");
  file.append("whole");
  {
    const FileSizeLimit limit(20);
    EXPECT_THROW(file.append(std::string(100, 'x')), SystemError);
  }
  EXPECT_EQ(content_of(folder / "log"), "whole\n");
  file.append("next");
  EXPECT_EQ(content_of(folder / "log"), "whole\nnext\n");
}

TEST(AppendFile, GoesOnAfterBeingMoved) {
  const TemporaryFolder folder;
  AppendFile first(folder / "a");
  first.append("1");
  AppendFile second(std::move(first));
  second.append("2");
  AppendFile third(folder / "b");
  third = std::move(second);
  third.append("3");
  EXPECT_EQ(content_of(folder / "a"), "1\n2\n3\n");
  EXPECT_EQ(third.size(), 6u);
}

}  // namespace
}  // namespace carousel
