#include "carousel/io/tfrecord.h"

#include <gtest/gtest.h>

namespace carousel {
namespace {

using namespace std::string_literals;

TEST(Crc32c, GivesThePublishedValues) {  // RFC 3720, B.4, and the check value of the CRC catalogues
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(crc32c(""), 0u);
}

TEST(Crc32c, GoesOnWhereItStopped) {
  EXPECT_EQ(crc32c("56789", crc32c("1234")), crc32c("123456789"));
}

TEST(Crc32c, IsMaskedByTurningAndShifting) {
  // 0xe3069283 turned right by 15 bits is 0x2507c60d.
  EXPECT_EQ(masked_crc32c("123456789"), 0x2507c60du + 0xa282ead8u);
}

TEST(Record, IsLengthDataAndTheirChecksums) {
  std::string buffer;
  append_record(buffer, "abc");
  EXPECT_EQ(buffer.size(), record_size("abc"));
  EXPECT_EQ(buffer.substr(0, 8), "\3\0\0\0\0\0\0\0"s);
  EXPECT_EQ(buffer.substr(12, 3), "abc");
}

TEST(Record, IsReadBackOneAfterTheOther) {
  std::string buffer;
  append_record(buffer, "one");
  append_record(buffer, "");
  std::string_view rest = buffer;
  ASSERT_EQ(first_record(rest), "one");
  rest.remove_prefix(record_size("one"));
  ASSERT_EQ(first_record(rest), "");
  rest.remove_prefix(record_size(""));
  EXPECT_EQ(first_record(rest), std::nullopt);
}

TEST(Record, IsNotReadWhenAnyOfItsBytesIsChangedOrMissing) {
  std::string whole;
  append_record(whole, "some data");
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    EXPECT_EQ(first_record(changed), std::nullopt) << "byte " << i;
    EXPECT_EQ(first_record(std::string_view(whole).substr(0, i)), std::nullopt) << i << " bytes";
  }
}

TEST(Record, ThatWasCutShortIsToldFromADamagedOne) {
  std::string whole;
  append_record(whole, "some data");
  EXPECT_EQ(look_at_record(whole).kind, RecordKind::whole);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_EQ(look_at_record(std::string_view(whole).substr(0, i)).kind, RecordKind::cut_short) << i;
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    const RecordLook look = look_at_record(changed);
    EXPECT_EQ(look.kind, i < 12 ? RecordKind::damaged : RecordKind::damaged_data) << i;
    EXPECT_EQ(look.size, i < 12 ? 0 : whole.size()) << i;
  }
}

TEST(Record, DoesNotBelieveALengthBeyondTheFile) {
  std::string header = "\xff\xff\xff\xff\xff\xff\xff\x7f"s;
  const std::uint32_t crc = masked_crc32c(header);
  for (int byte = 0; byte < 4; ++byte) header.push_back(static_cast<char>(crc >> 8 * byte & 0xff));
  EXPECT_EQ(first_record(header + std::string(64, 'x')), std::nullopt);
}

}  // namespace
}  // namespace carousel
