#include "carousel/data/corpus.h"

#include <cmath>
#include <numeric>
#include <utility>

#include "carousel/data/file.h"

#include "data/data_support.h"

namespace carousel::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string cafe = "caf\xC3\xA9 \xF0\x9F\x8E\xBB\n";  // four characters, a blank, a violin, a line end

TEST(Corpus, CountsCharactersOrBytes) {
  const TemporaryFolder folder;
  const auto path = folder.write("cafe.txt", cafe);
  EXPECT_EQ(read_corpus(path, Encoding::characters).tokens.size(), 7u);
  EXPECT_EQ(read_corpus(path, Encoding::bytes).tokens.size(), cafe.size());
}

TEST(Corpus, OrdersItsAlphabetByCodePoint) {
  EXPECT_THAT(alphabet_of("b\xEF\xBF\xBD"
                          "a\xC3\xA9\xF0\x9F\x8E\xBB"
                          "ba\n",
                          Encoding::characters),
              ElementsAre("\n", "a", "b", "\xC3\xA9", "\xEF\xBF\xBD", "\xF0\x9F\x8E\xBB"));
  EXPECT_THAT(alphabet_of("\xFF"
                          "a\x80",
                          Encoding::bytes),
              ElementsAre("a", "\x80", "\xFF"));
}

TEST(Corpus, DecodesToTheTextItEncoded) {
  std::string any_bytes;
  for (int i = 1; i < 256; ++i) any_bytes += static_cast<char>(i);
  for (const auto& [text, encoding] : {std::pair{cafe, Encoding::characters}, {any_bytes, Encoding::bytes}}) {
    const auto alphabet = alphabet_of(text, encoding);
    EXPECT_EQ(decode(encode(text, alphabet, encoding), alphabet), text);
  }
}

TEST(Corpus, KeepsAGivenAlphabet) {
  const TemporaryFolder folder;
  const auto corpus = read_corpus(folder.write("ba.txt", "bab"), Encoding::characters, {"a", "b", "c"});
  EXPECT_THAT(corpus.alphabet, ElementsAre("a", "b", "c"));
  EXPECT_THAT(corpus.tokens, ElementsAre(1, 0, 1));
}

TEST(Corpus, NamesTheSymbolAndLineOutsideAGivenAlphabet) {
  const TemporaryFolder folder;
  const auto path = folder.write("other.txt", "a\na\n\xC3\xA9\n");
  const auto message = message_of([&] { read_corpus(path, Encoding::characters, {"\n", "a"}); });
  EXPECT_THAT(message, AllOf(HasSubstr("line 3 of '" + path.string()), HasSubstr("'\xC3\xA9'"),
                             HasSubstr("the 2 of")));
}

TEST(Corpus, RefusesFilesThatAreNoText) {
  expect_refused({{"", {"empty"}},
                  {"\xEF\xBB\xBF", {"byte order mark and nothing else"}},
                  {std::string("ab\0c", 4), {"byte offset 2", "zero byte"}},
                  {"caf\xE9 au lait", {"byte offset 3", "0xe9", "read it as bytes"}},
                  {"cut at the end \xE2\x82", {"byte offset 15", "0xe2"}}},
                 [](const auto& path) { read_corpus(path, Encoding::characters); });
  expect_refused({{"", {"empty"}}}, [](const auto& path) { read_corpus(path, Encoding::bytes); });
}

TEST(Corpus, RefusesATokenOutsideItsAlphabet) {
  for (const std::int32_t token : {-1, 2}) {
    const std::vector<std::int32_t> tokens{0, token};
    EXPECT_THAT(message_of([&] { decode(tokens, {"a", "b"}); }), HasSubstr("token " + std::to_string(token)));
  }
}

std::vector<std::int32_t> counting(std::size_t n) {
  std::vector<std::int32_t> tokens(n);
  std::iota(tokens.begin(), tokens.end(), 0);
  return tokens;
}

TEST(Split, GivesEveryTokenToOnePartInOrder) {
  const auto tokens = counting(1003);
  const auto [train, valid, test] = split_tokens(tokens, {.train = 0.7, .valid = 0.2, .test = 0.1});
  auto joined = train;
  joined.insert(joined.end(), valid.begin(), valid.end());
  joined.insert(joined.end(), test.begin(), test.end());
  EXPECT_EQ(joined, tokens);
  EXPECT_EQ(train.size(), 702u);
  EXPECT_EQ(valid.size(), 200u);
}

TEST(Split, IsNotOneTokenShortByRounding) {
  const auto parts = split_tokens(counting(100), {.train = 0.29, .valid = 0.29, .test = 0.42});
  EXPECT_EQ(parts.train.size(), 29u);
  EXPECT_EQ(parts.valid.size(), 29u);
}

TEST(Split, MayGiveAllToOnePart) {
  EXPECT_EQ(split_tokens(counting(5), {.train = 0, .valid = 0, .test = 1}).test.size(), 5u);
  EXPECT_EQ(split_tokens(counting(5), {.train = 1, .valid = 0, .test = 0}).train.size(), 5u);
}

TEST(Split, RefusesFractionsThatAreNoShares) {
  const auto message = [](const SplitFractions& f) {
    return message_of([&] { split_tokens(counting(100), f); });
  };
  EXPECT_THAT(message({.train = 0.9, .valid = 0.2}), AllOf(HasSubstr("0.9, 0.2, 0"), HasSubstr("sum to 1")));
  EXPECT_THAT(message({.train = 1.1, .valid = -0.1}), HasSubstr("-0.1"));
  EXPECT_THAT(message({.train = std::nan(""), .valid = 0.1}), HasSubstr("nan"));
}

TEST(Split, RefusesATextTooShortForItsParts) {
  EXPECT_THAT(message_of([] { split_tokens(counting(1)); }), HasSubstr("1 tokens are too few"));
  EXPECT_THAT(message_of([] { split_tokens(counting(3), {.train = 0.9, .valid = 0.05, .test = 0.05}); }),
              HasSubstr("too few"));
}

TEST(Tinyshakespeare, HasThePublishedCounts) {
  const TemporaryFolder folder;
  const auto real = shared_data("tinyshakespeare/input.txt");
  std::string stand_in;
  for (std::size_t i = 0; !real && i < 1'115'394; ++i) stand_in += static_cast<char>('0' + i % 65);
  const auto corpus = read_corpus(real.value_or(folder.write("stand-in", stand_in)), Encoding::characters);
  EXPECT_EQ(corpus.tokens.size(), 1'115'394u);
  EXPECT_EQ(corpus.alphabet.size(), 65u);
  const auto parts = split_tokens(corpus.tokens);
  EXPECT_EQ(parts.train.size(), 1'003'854u);
  EXPECT_EQ(parts.valid.size(), 111'540u);
  EXPECT_EQ(parts.test.size(), 0u);
  if (real) {
    EXPECT_TRUE(decode(corpus.tokens, corpus.alphabet) == read_text(*real));
  }
}

}  // namespace
}  // namespace carousel::test
