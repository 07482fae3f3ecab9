#include "carousel/data/text.h"

#include "data/data_support.h"

namespace carousel::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Lines, EndInLineFeedWithOrWithoutCarriageReturn) {
  EXPECT_THAT(split_lines("a\nb\r\n\nc"), ElementsAre("a", "b", "", "c"));
}

TEST(Lines, AreAsManyWithAFinalLineEndAsWithout) {
  EXPECT_THAT(split_lines("a\nb\n"), ElementsAre("a", "b"));
  EXPECT_THAT(split_lines("a\nb\n\n"), ElementsAre("a", "b", ""));
  EXPECT_THAT(split_lines("\n"), ElementsAre(""));
  EXPECT_THAT(split_lines(""), IsEmpty());
}

TEST(Lines, DoNotContainAByteOrderMark) {
  EXPECT_THAT(split_lines("\xEF\xBB\xBFhi\n"), ElementsAre("hi"));
}

TEST(Splitting, KeepsEmptyPartsButNoEmptyWords) {
  EXPECT_THAT(split("a,,b,", ','), ElementsAre("a", "", "b", ""));
  EXPECT_THAT(split("", ','), ElementsAre(""));
  EXPECT_THAT(split_words(" a \t bc  "), ElementsAre("a", "bc"));
  EXPECT_THAT(split_words(" \t"), IsEmpty());
  EXPECT_EQ(trim("\t a b "), "a b");
}

TEST(Number, TakesUpTheWholeText) {
  EXPECT_EQ(parse_number<int>("-12"), -12);
  EXPECT_EQ(parse_number<double>("1.5e-3"), 1.5e-3);
  EXPECT_EQ(parse_number<int>("+1"), 1);
  EXPECT_EQ(parse_number<double>("+.5e+1"), 5.0);
  for (const auto* text :
       {"", " 1", "1 ", "1x", "0x10", "99999999999", "1.5", "--1", "+", "+-1", "-+1", "++1", "+ 1"}) {
    EXPECT_EQ(parse_number<int>(text), std::nullopt) << text;
  }
}

TEST(VisibleText, IsOneLineWithoutControlsAndWithWholeSymbols) {
  EXPECT_EQ(visible("a\n\x1b[1m\x7f\xC3\xA9\xC3"), "a\\x0a\\x1b[1m\\x7f\xC3\xA9\\xc3");
}

TEST(Utf8, KnowsTheLengthOfEveryCodePoint) {
  EXPECT_EQ(utf8_length("a"), 1u);
  EXPECT_EQ(utf8_length("\xC2\x80..."), 2u);       // U+0080
  EXPECT_EQ(utf8_length("\xDF\xBF"), 2u);          // U+07FF
  EXPECT_EQ(utf8_length("\xE0\xA0\x80"), 3u);      // U+0800
  EXPECT_EQ(utf8_length("\xED\x9F\xBF"), 3u);      // U+D7FF
  EXPECT_EQ(utf8_length("\xEF\xBF\xBF"), 3u);      // U+FFFF
  EXPECT_EQ(utf8_length("\xF0\x90\x80\x80"), 4u);  // U+10000
  EXPECT_EQ(utf8_length("\xF4\x8F\xBF\xBF"), 4u);  // U+10FFFF
}

TEST(Utf8, RefusesWhatRfc3629Forbids) {
  for (const auto* text :
       {"", "\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xC3(", "\xE0\x9F\xBF", "\xE2\x82", "\xE2(\xA1",
        "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF0\x90\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    EXPECT_EQ(utf8_length(text), 0u) << shown(text);
  }
}

TEST(ShownValue, IsPrintableAndShort) {
  EXPECT_EQ(shown("caf\xC3\xA9"), "'caf\xC3\xA9'");
  EXPECT_EQ(shown("a\n\x1B\xFF"), "'a\\x0a\\x1b\\xff'");
  EXPECT_EQ(shown(std::string(100, 'x')), "'" + std::string(40, 'x') + "...'");
}

TEST(LineError, ReadsAsASentence) {
  EXPECT_STREQ(line_error(12, "'names.txt'", "is blank; remove it").what(),
               "line 12 of 'names.txt' is blank; remove it");
}

}  // namespace
}  // namespace carousel::test
