#include "carousel/data/idx.h"

#include <algorithm>
#include <utility>

#include "data/data_support.h"

namespace carousel::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string number(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xFFu);
  return bytes;
}

std::string idx(std::vector<std::uint32_t> shape, const std::string& values, char type = 0x08) {
  std::string bytes{0, 0, type, static_cast<char>(shape.size())};
  for (const auto size : shape) bytes += number(size);
  return bytes + values;
}

TEST(Idx, ReadsShapeAndValues) {
  const TemporaryFolder folder;
  const auto labels = read_idx(folder.write("labels", idx({3}, "\x01\xFF\x07")));
  EXPECT_THAT(labels.shape, ElementsAre(3));
  EXPECT_THAT(labels.values, ElementsAre(1, 255, 7));
  const auto images = read_idx(folder.write("images", idx({2, 1, 3}, "abcdef")));
  EXPECT_THAT(images.shape, ElementsAre(2, 1, 3));
  EXPECT_THAT(images.values, ElementsAre('a', 'b', 'c', 'd', 'e', 'f'));
}

TEST(Idx, RefusesFilesThatAreSomethingElse) {
  expect_refused({{"", {"empty"}},
                  {"\x1F\x8B\x08", {"gzip", "gunzip"}},
                  {"PNG and more", {"not an idx file", "byte offset 0", "0x50"}},
                  {std::string("\0xyz", 4), {"byte offset 1", "0x78"}},
                  {std::string("\0\0\x08", 3), {"ends at byte offset 3"}},
                  {idx({2}, "abcdefgh", 0x0D), {"type 0x0d", "byte offset 2"}},
                  {idx({1, 1}, "a"), {"2 dimensions", "byte offset 3"}},
                  {idx({}, "a"), {"0 dimensions"}}},
                 [](const auto& path) { read_idx(path); });
}

TEST(Idx, RefusesHeadersThatDoNotFitTheFile) {
  const auto huge = 0xFFFFFFFFu;
  expect_refused({{idx({4, 2, 2}, "").substr(0, 11), {"ends at byte offset 11", "header of 16 bytes"}},
                  {idx({3}, "ab"), {"claims 3 values", "2 bytes follow", "byte offset 8"}},
                  {idx({3}, "abcd"), {"claims 3 values", "4 bytes follow"}},
                  {idx({2, 2, 2}, "abcdefg"), {"2 x 2 x 2", "7 bytes follow from byte offset 16"}},
                  {idx({3}, ""), {"0 bytes follow"}},
                  {idx({0}, ""), {"dimension of 0", "byte offset 4"}},
                  {idx({1, 0, 1}, ""), {"dimension of 0", "byte offset 8"}},
                  {idx({huge}, "a"), {"4294967295", "1 bytes follow"}},
                  {idx({huge, huge, huge}, "a"), {"4294967295 x 4294967295 x 4294967295"}},
                  {idx({1u << 31, 1u << 31, 4}, ""), {"0 bytes follow"}},  // 2^64: 0 when it overflows
                  {idx({1u << 31, 1u << 31, 4}, "abcd"), {"4 bytes follow"}}},
                 [](const auto& path) { read_idx(path); });
}

TEST(LabelledImages, BelongTogether) {
  const TemporaryFolder folder;
  const auto images = folder.write("images", idx({2, 1, 3}, "abcdef")),
             labels = folder.write("labels", idx({2}, "\x01\x02"));
  const auto set = read_labelled_images(images, labels);
  EXPECT_THAT((std::vector{set.count, set.rows, set.columns}), ElementsAre(2, 1, 3));
  EXPECT_THAT(set.labels, ElementsAre(1, 2));
  EXPECT_EQ(set.pixels.size(), 6u);

  const auto message = [](const auto& a, const auto& b) {
    return message_of([&] { read_labelled_images(a, b); });
  };
  EXPECT_THAT(message(labels, labels), HasSubstr("labels' holds labels"));
  EXPECT_THAT(message(images, images), HasSubstr("images' holds images"));
  const auto others = folder.write("others", idx({3}, "\x01\x02\x03"));
  EXPECT_THAT(message(images, others),
              testing::AllOf(HasSubstr("2 images"), HasSubstr("3 labels"), HasSubstr("others'")));
}

TEST(Mnist, HasThePublishedCounts) {
  const TemporaryFolder folder;
  for (const auto& [part, count] : {std::pair{"train", 60'000u}, {"t10k", 10'000u}}) {
    const auto name = std::string("mnist/") + part;
    auto images = shared_data(name + "-images-idx3-ubyte"), labels = shared_data(name + "-labels-idx1-ubyte");
    if (!images || !labels) {
      images = folder.write("images", idx({count, 28, 28}, std::string(count * 784, 'x')));
      std::string digits;
      for (unsigned i = 0; i < count; ++i) digits += static_cast<char>(i % 10);
      labels = folder.write("labels", idx({count}, digits));
    }
    const auto set = read_labelled_images(*images, *labels);
    EXPECT_EQ(set.count, count);
    EXPECT_EQ(set.pixels.size(), count * 784u);
    EXPECT_EQ(set.rows, 28);
    EXPECT_EQ(set.columns, 28);
    EXPECT_EQ(*std::max_element(set.labels.begin(), set.labels.end()), 9);
  }
}

}  // namespace
}  // namespace carousel::test
