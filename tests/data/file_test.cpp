#include "carousel/data/file.h"

#include "data/data_support.h"

namespace carousel::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(DataFile, IsReadByteForByte) {
  const TemporaryFolder folder;
  const std::string content("a\r\n\0\xFF\n", 6);
  EXPECT_EQ(read_data(folder.write("bytes", content)), content);
}

TEST(DataFile, IsReadWholeBeyondOneBlock) {
  const TemporaryFolder folder;
  std::string content;
  for (int i = 0; i < 50000; ++i) content += std::to_string(i);
  EXPECT_TRUE(read_text(folder.write("long", content)) == content);
}

TEST(DataFile, IsNamedWhenItIsMissing) {
  EXPECT_THAT(message_of([] { read_data("no/such/file.txt"); }), HasSubstr("'no/such/file.txt'"));
}

TEST(DataFile, IsNotAFolder) {
  const TemporaryFolder folder;
  EXPECT_THAT(message_of([&] { read_data(folder.path()); }), HasSubstr(folder.path().string()));
}

TEST(DataFile, IsNotALinkToItself) {
  const TemporaryFolder folder;
  std::filesystem::create_symlink("loop", folder.path() / "loop");
  EXPECT_THAT(message_of([&] { read_data(folder.path() / "loop"); }), HasSubstr("loop"));
}

TEST(DataFile, CannotBeReadWithoutPermission) {
  const TemporaryFolder folder;
  const auto path = folder.write("secret", "text");
  std::filesystem::permissions(path, std::filesystem::perms::none);
  std::filesystem::permissions(folder.path(), std::filesystem::perms::all);
  const bool root = ::geteuid() == 0;  // whom no permission stops
  if (root) {
    ASSERT_EQ(::seteuid(65534), 0);
  }
  EXPECT_THROW(read_data(path), SystemError);
  if (root) {
    ASSERT_EQ(::seteuid(0), 0);
  }
}

TEST(DataFile, IsNotEmpty) {
  const TemporaryFolder folder;
  const auto path = folder.write("nothing", "");
  EXPECT_THAT(message_of([&] { read_data(path); }), AllOf(HasSubstr("nothing'"), HasSubstr("is empty")));
  EXPECT_THAT(message_of([&] { read_text(path); }), HasSubstr("is empty"));
}

TEST(DataFile, IsNotTextWhenItHoldsAZeroByte) {
  const TemporaryFolder folder;
  const auto path = folder.write("utf16", std::string("h\0i\0", 4));
  EXPECT_THAT(message_of([&] { read_text(path); }), AllOf(HasSubstr("utf16'"), HasSubstr("byte offset 1")));
}

}  // namespace
}  // namespace carousel::test
