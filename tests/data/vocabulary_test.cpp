#include "carousel/data/vocabulary.h"

#include <nlohmann/json.hpp>

#include "data/data_support.h"

namespace carousel::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Texts = std::vector<std::string_view>;

Vocabulary of_words(const Texts& lines, std::int64_t largest = 100, std::int64_t min_count = 1) {
  return Vocabulary::build(lines, {.unit = TextUnit::words, .largest = largest, .min_count = min_count});
}

Vocabulary of_characters(const Texts& lines) {
  return Vocabulary::build(lines, {.unit = TextUnit::characters});
}

TEST(TextTokens, AreSmallWordsWithoutWhatIsBetweenThem) {
  const auto words = [](std::string_view text) { return tokens_of(text, TextUnit::words); };
  EXPECT_THAT(words("Don't stop\xE2\x80\x94 caf\xC3\xA9 24"),
              ElementsAre("don", "t", "stop", "caf\xC3\xA9", "24"));
  EXPECT_THAT(words("AZ az_09@[`{/:\x7F\t\n"), ElementsAre("az", "az", "09"));
  EXPECT_THAT(words("\xE2\x80\x9Cone\xE2\x80\x9D\xC2\xA0two\xE2\x80\xA6three\xE2\x81\xAF"
                    "four"),
              ElementsAre("one", "two", "three", "four"));
  EXPECT_THAT(words("x\xE2\x81\xB0 \xC3\x89t\xC3\xA9 \xE4\xBD\xA0\xE5\xA5\xBD \xE2\x82\xAC"
                    "5"),  // U+2070 is no punctuation
              ElementsAre("x\xE2\x81\xB0", "\xC3\x89t\xC3\xA9", "\xE4\xBD\xA0\xE5\xA5\xBD",
                          "\xE2\x82\xAC"
                          "5"));
  EXPECT_THAT(words("\xE2\x80\xB9tea\xE2\x80\xBA"), ElementsAre("tea"));  // U+2039, U+203A
  EXPECT_THAT(words(""), IsEmpty());
  EXPECT_THAT(words(" ...\n"), IsEmpty());
}

TEST(TextTokens, AreCharactersAsTheyStand) {
  EXPECT_THAT(tokens_of("A \xC3\xA9\n", TextUnit::characters), ElementsAre("A", " ", "\xC3\xA9", "\n"));
}

TEST(TextTokens, AreOfUtf8Only) {
  for (const auto unit : {TextUnit::characters, TextUnit::words}) {
    EXPECT_THAT(message_of([&] { tokens_of("ab\xE9", unit); }),
                AllOf(HasSubstr("byte offset 2"), HasSubstr("0xe9")));
  }
}

TEST(TextTokens, HaveUnitsWithNames) {
  EXPECT_EQ(parse_text_unit("words"), TextUnit::words);
  EXPECT_EQ(parse_text_unit("characters"), TextUnit::characters);
  EXPECT_THAT(message_of([] { parse_text_unit("word"); }), HasSubstr("did you mean 'words'?"));
}

TEST(Vocabulary, HasTheCommonestFirstAndOfEqualsTheOneThatComesFirst) {
  const Texts lines{"z b a", "a c, B! a", "q"};
  EXPECT_THAT(of_words(lines).tokens(), ElementsAre("a", "b", "z", "c", "q"));
  EXPECT_THAT(of_words(lines, 3).tokens(), ElementsAre("a", "b", "z"));
  EXPECT_EQ(of_words(lines, 3).size(), 4);
  EXPECT_THAT(of_characters({"ba", "b\xC3\xA9"}).tokens(), ElementsAre("b", "a", "\xC3\xA9"));
}

TEST(Vocabulary, HasOnlyWhatComesOftenEnough) {
  EXPECT_THAT(of_words({"z b a", "a b a"}, 100, 2).tokens(), ElementsAre("a", "b"));
  EXPECT_THAT(of_words({"z b a", "a b a"}, 100, 3).tokens(), ElementsAre("a"));
  EXPECT_THAT(of_words({"z b a", "a b a"}, 1, 2).tokens(), ElementsAre("a"));
}

TEST(Vocabulary, EncodesWhatItDoesNotHaveAsUnknown) {
  const auto vocabulary = of_words({"the cat", "the dog"});
  EXPECT_THAT(vocabulary.encode("The dog, the bird"), ElementsAre(1, 3, 1, Vocabulary::unknown));
  EXPECT_THAT(vocabulary.encode("unknown"), ElementsAre(0));
  EXPECT_THAT(vocabulary.encode(""), IsEmpty());
}

TEST(Vocabulary, EncodesTheFirstTokensOfALongText) {
  const auto vocabulary = of_words({"a b c"});
  EXPECT_THAT(vocabulary.encode("c b a", 2), ElementsAre(3, 2));
  EXPECT_THAT(vocabulary.encode("c b a", 3), ElementsAre(3, 2, 1));
  EXPECT_THAT(vocabulary.encode("c b a", 0), ElementsAre(3, 2, 1));
}

TEST(Vocabulary, GivesBackItsTextsByItsPlaces) {
  const Texts lines{"one two\xE2\x82\xAC", "", "two \n one"};
  const auto vocabulary = of_characters(lines);
  for (const auto line : lines) {
    std::string decoded;
    for (const auto place : vocabulary.encode(line))
      decoded += vocabulary.tokens().at(static_cast<std::size_t>(place - 1));
    EXPECT_EQ(decoded, line);
  }
}

TEST(Vocabulary, RefusesToBeOfNothing) {
  EXPECT_THAT(message_of([] { of_words({}); }), HasSubstr("the 0 texts to learn from hold no words"));
  EXPECT_THAT(message_of([] { of_words({"...", ""}); }), HasSubstr("the 2 texts"));
  EXPECT_THAT(
      message_of([] { of_words({"a b", "b"}, 10, 3); }),
      AllOf(HasSubstr("none of the 2 words"), HasSubstr("'b', comes 2 times"), HasSubstr("comes 3 times")));
  EXPECT_THAT(message_of([] { of_words({"a"}, 0); }), HasSubstr("a vocabulary of 0 words"));
  EXPECT_THAT(message_of([] { of_words({"a"}, 1, 0); }), HasSubstr("1 or more"));
}

TEST(Vocabulary, GoesThroughJsonUnchanged) {
  for (const auto& vocabulary :
       {of_words({"caf\xC3\xA9 or \"tea\" 7"}), of_characters({"a\"\n\x01\xC3\xA9"})}) {
    const auto read = Vocabulary::from_json(nlohmann::json::parse(vocabulary.to_json().dump()));
    EXPECT_EQ(read, vocabulary);
    EXPECT_EQ(read.encode("tea a"), vocabulary.encode("tea a"));
  }
  EXPECT_FALSE(of_words({"a"}) == of_characters({"a"}));
}

TEST(Vocabulary, ReadsNoJsonThatItDoesNotWrite) {
  for (const auto* text :
       {R"({})", R"([])", R"(null)", R"({"unit": "words"})", R"({"tokens": ["a"]})",
        R"({"unit": "words", "tokens": []})", R"({"unit": "words", "tokens": "a"})",
        R"({"unit": "words", "tokens": [1]})", R"({"unit": "words", "tokens": ["a", "a"]})",
        R"({"unit": "words", "tokens": ["A"]})", R"({"unit": "words", "tokens": ["a b"]})",
        R"({"unit": "words", "tokens": [""]})", R"({"unit": "characters", "tokens": ["ab"]})",
        R"({"unit": 1, "tokens": ["a"]})"}) {
    EXPECT_THAT(message_of([&] { Vocabulary::from_json(nlohmann::json::parse(text)); }),
                HasSubstr("a vocabulary"))
        << text;
  }
  EXPECT_THAT(message_of([] { Vocabulary::from_json({{"unit", "word"}, {"tokens", {"a"}}}); }),
              HasSubstr("'words'"));
}

}  // namespace
}  // namespace carousel::test
