#include "carousel/data/name_list.h"

#include "data/data_support.h"

namespace carousel::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(NameList, ClosesEachNameWithTheEndSymbol) {
  const auto list = parse_names("bea\nabe");
  EXPECT_THAT(list.alphabet, ElementsAre("\n", "a", "b", "e"));
  EXPECT_THAT(list.names, ElementsAre(ElementsAre(2, 3, 1, end_of_name), ElementsAre(1, 2, 3, end_of_name)));
}

TEST(NameList, TakesAnySymbolThatOccurs) {
  const auto list = parse_names("jos\xC3\xA9\nmary-ann\no'neil jr\n");
  EXPECT_EQ(decode(list.names[0], list.alphabet), "jos\xC3\xA9\n");
  EXPECT_EQ(list.names[0].size(), 5u);
  EXPECT_EQ(decode(list.names[1], list.alphabet), "mary-ann\n");
  EXPECT_EQ(decode(list.names[2], list.alphabet), "o'neil jr\n");
}

TEST(NameList, StartsItsAlphabetWithTheEndSymbolWhateverElseOccurs) {
  EXPECT_THAT(parse_names("a\tb\n").alphabet,
              ElementsAre("\n", "\t", "a", "b"));  // a tab sorts before the line end
}

TEST(NameList, IsTheSameWithWindowsLineEndsSpacesAndBlankLinesAtTheEnd) {
  const auto plain = parse_names("ann\nbob\n");
  for (const auto* text : {"ann\r\nbob\r\n", "ann\nbob", " ann\t\nbob \n", "ann\nbob\n\n \n\r\n",
                           "\xEF\xBB\xBF"
                           "ann\nbob\n"}) {
    const auto list = parse_names(text);
    EXPECT_EQ(list.names, plain.names) << text;
    EXPECT_EQ(list.alphabet, plain.alphabet) << text;
  }
}

TEST(NameList, KeepsAGivenAlphabet) {
  const TemporaryFolder folder;
  const auto list = read_names(folder.write("names", "ba\n"), Encoding::characters, {"\n", "a", "b", "c"});
  EXPECT_EQ(list.alphabet.size(), 4u);
  EXPECT_THAT(list.names, ElementsAre(ElementsAre(2, 1, 0)));
}

TEST(NameList, NamesTheSymbolAndLineOutsideAGivenAlphabet) {
  const auto message =
      message_of([] { parse_names("a\na\nab\n", Encoding::characters, {"\n", "a"}, "'x.txt'"); });
  EXPECT_THAT(message, AllOf(HasSubstr("line 3 of 'x.txt'"), HasSubstr("'b'")));
  EXPECT_THAT(message_of([] { parse_names("a", Encoding::characters, {"a"}, "x"); }),
              HasSubstr("must start with"));
}

TEST(NameList, RefusesFilesThatAreNoList) {
  expect_refused({{"", {"empty"}},
                  {"\n\n", {"no name"}},
                  {"\nann\n", {"line 1", "blank"}},
                  {"ann\n\nbob\n", {"line 2", "blank"}},
                  {"ann\nbob\n  \r\ncarl\n", {"line 3", "blank"}},
                  {"ann\njos\xE9\n", {"byte offset 7", "0xe9"}},
                  {std::string("ann\n\0\n", 6), {"byte offset 4"}}},
                 [](const auto& path) { read_names(path); });
}

TEST(Names, HaveThePublishedCount) {
  const TemporaryFolder folder;
  const auto real = shared_data("names/names.txt");
  std::string stand_in;
  for (int i = 0; !real && i < 32'033; ++i) {
    for (int rest = i + 1; rest > 0; rest /= 26) stand_in += static_cast<char>('a' + rest % 26);
    stand_in += "\n";
  }
  const auto list = read_names(real.value_or(folder.write("stand-in", stand_in)));
  EXPECT_EQ(list.names.size(), 32'033u);
  EXPECT_EQ(list.alphabet.size(), 27u);
  for (const auto& name : list.names) ASSERT_EQ(name.back(), end_of_name);
}

}  // namespace
}  // namespace carousel::test
