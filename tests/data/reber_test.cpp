#include "carousel/data/reber.h"

#include <regex.h>

#include <bit>
#include <map>
#include <utility>

#include "data/data_support.h"

namespace carousel::test {
namespace {

using testing::HasSubstr;

ReberString draw(int inner, std::uint64_t index, Part part = Part::train) {
  return reber_string(inner, {.seed = 1, .part = part, .index = index});
}

/// The grammar a second time, as a regular expression: a way to the node where X and S part, rounds through
/// it, a way out. POSIX's, since std::regex draws false warnings from a sanitized build.
class Grammar {
 public:
  explicit Grammar(int inner) {
    const std::string reber = "B((TS*X|PT*VP)(XT*VP)*(S|XT*VV)|PT*VV)E";
    const auto middle = "(" + reber + "){" + std::to_string(inner) + "}";
    const auto whole = "^B(T" + middle + "T|P" + middle + "P)E$";
    EXPECT_EQ(::regcomp(&regex_, whole.c_str(), REG_EXTENDED | REG_NOSUB), 0);
  }
  Grammar(const Grammar&) = delete;
  Grammar& operator=(const Grammar&) = delete;
  ~Grammar() { ::regfree(&regex_); }

  bool allows(const std::string& string) const {
    return ::regexec(&regex_, string.c_str(), 0, nullptr, 0) == 0;
  }

 private:
  regex_t regex_{};
};

TEST(Reber, StringsAreLegal) {
  for (const int inner : {1, 2, 5}) {
    const Grammar grammar(inner);
    for (std::uint64_t i = 0; i < 256; ++i) {
      const auto string = draw(inner, i, Part::test).symbols;
      EXPECT_TRUE(is_legal_reber(string, inner)) << string;
      EXPECT_TRUE(grammar.allows(string)) << string;
    }
  }
}

TEST(Reber, CheckerAgreesWithTheGrammarOnSpoiltStrings) {
  const Grammar grammar(1);
  int illegal = 0;
  for (std::uint64_t i = 0; i < 40; ++i) {
    const auto string = draw(1, i).symbols;
    for (std::size_t at = 0; at < string.size(); ++at) {
      for (const char symbol : reber_alphabet) {
        auto spoilt = string;
        spoilt[at] = symbol;
        ASSERT_EQ(is_legal_reber(spoilt), grammar.allows(spoilt)) << spoilt;
        illegal += !is_legal_reber(spoilt);
      }
      ASSERT_FALSE(is_legal_reber(string.substr(0, at)));
    }
    ASSERT_FALSE(is_legal_reber(string + "E"));
  }
  EXPECT_GT(illegal, 1000);
}

TEST(Reber, CheckerKnowsPublishedAndWrongStrings) {
  EXPECT_TRUE(is_legal_reber("BTBPVVETE"));
  EXPECT_TRUE(is_legal_reber("BPBTSSXXTVVEPE"));
  for (const auto* string : {"", "B", "BTBPVVEPE", "BTBPVVETEE", "BTBPVVET", "BTBPTVETE", "btbpvvete",
                             "BTBPVVETA", "BTTE", "BPVVE"}) {
    EXPECT_FALSE(is_legal_reber(string)) << string;
  }
  EXPECT_FALSE(is_legal_reber("BTBPVVETE", 2));
  EXPECT_TRUE(is_legal_reber("BTBPVVEBTXSETE", 2));
}

TEST(Reber, RepeatsItsSecondSymbolBeforeTheEndAndAllowsNoOther) {
  int opened_by_t = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const auto string = draw(3, i);
    const auto recall = string.symbols.size() - 2;
    ASSERT_EQ(string.symbols[recall], string.symbols[1]);
    ASSERT_EQ(string.next[recall - 1], 1u << reber_alphabet.find(string.symbols[1]));
    opened_by_t += string.symbols[1] == 'T';
  }
  EXPECT_NEAR(opened_by_t, 500, 80);  // five standard deviations
}

TEST(Reber, MasksAreWhatFollowsThePrefixInTheLongRun) {
  std::map<std::string, std::pair<int, unsigned>> seen;  // prefix -> times, symbols that came next
  std::map<std::string, unsigned> masks;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const auto [symbols, next] = draw(1, i);
    ASSERT_EQ(next.size(), symbols.size());
    ASSERT_EQ(next.back(), 0);
    for (std::size_t n = 1; n < symbols.size(); ++n) {
      const auto prefix = symbols.substr(0, n);
      auto& [times, followers] = seen[prefix];
      ++times;
      followers |= 1u << reber_alphabet.find(symbols[n]);
      masks[prefix] = next[n - 1];
      ASSERT_LE(std::popcount(next[n - 1]), 2);
    }
  }
  int compared = 0;
  for (const auto& [prefix, count] : seen) {
    if (count.first < 60) continue;  // a symbol of probability 1/2 stays away 60 times with probability 1e-18
    EXPECT_EQ(count.second, masks[prefix]) << prefix;
    ++compared;
  }
  EXPECT_GT(compared, 100);
}

TEST(Reber, ChoosesBetweenTwoSymbolsEquallyOften) {
  int choices = 0, lower = 0;
  for (std::uint64_t i = 0; i < 5000; ++i) {
    const auto [symbols, next] = draw(1, i);
    for (std::size_t n = 0; n + 1 < symbols.size(); ++n) {
      if (std::popcount(next[n]) != 2) continue;
      ++choices;
      lower += static_cast<std::size_t>(std::countr_zero(next[n])) == reber_alphabet.find(symbols[n + 1]);
    }
  }
  EXPECT_NEAR(static_cast<double>(lower) / choices, 0.5, 0.02);
}

TEST(Reber, GrowsLongerWithMoreInnerStrings) {
  double total = 0, longer = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const auto size = draw(1, i).symbols.size();
    ASSERT_GE(size, 9u);  // the shortest inner string has five symbols
    total += static_cast<double>(size);
    ASSERT_GE(draw(10, i).symbols.size(), 54u);
    longer += static_cast<double>(draw(10, i).symbols.size());
  }
  EXPECT_NEAR((longer - 4000) / (total - 4000), 10, 0.5);
}

TEST(Reber, StringIsAFunctionOfItsArguments) {
  std::string first, again, other_part;
  for (std::uint64_t i = 0; i < 50; ++i) first += draw(1, i).symbols;
  for (std::uint64_t i = 0; i < 50; ++i) other_part += draw(1, i, Part::valid).symbols;
  for (std::uint64_t i = 0; i < 50; ++i) again += draw(1, i).symbols;
  EXPECT_EQ(again, first);
  EXPECT_NE(other_part, first);
}

TEST(ReberStream, IsWholeStringsOneAfterTheOther) {
  for (const int inner : {1, 3}) {
    const auto stream = reber_stream(inner, 0, 20'000, {.seed = 1});
    const auto b = 1u << reber_alphabet.find('B');
    ASSERT_EQ(stream.symbols.size(), 20'000u);
    std::string string;
    int strings = 0;
    for (std::size_t t = 0; t < stream.symbols.size(); ++t) {
      ASSERT_TRUE(!string.empty() || stream.symbols[t] == 'B');
      string += stream.symbols[t];
      const bool last = t + 1 == stream.symbols.size();
      ASSERT_TRUE(last || (stream.next[t] & (1u << reber_alphabet.find(stream.symbols[t + 1]))) != 0);
      ASSERT_EQ(stream.ended[t] > 0, is_legal_reber(string, inner)) << string;
      if (stream.ended[t] == 0) continue;
      ASSERT_EQ(stream.ended[t], static_cast<int>(string.size()));
      ASSERT_EQ(stream.next[t], b);  // the next string's beginning, and nothing else
      ++strings;
      string.clear();
    }
    EXPECT_NEAR(20'000.0 / strings, reber_mean_length(inner), 0.7);
  }
  EXPECT_EQ(reber_mean_length(1), 12);
}

TEST(ReberStream, HasPiecesThatFitOnEachOther) {
  const BatchId id{.seed = 3, .index = 4};
  const auto whole = reber_stream(1, 0, 90, id), begin = reber_stream(1, 0, 31, id),
             end = reber_stream(1, 31, 59, id);
  EXPECT_EQ(begin.symbols + end.symbols, whole.symbols);
  auto ended = begin.ended;
  ended.insert(ended.end(), end.ended.begin(), end.ended.end());
  EXPECT_EQ(ended, whole.ended);  // a string that began in the piece before has its whole length
  EXPECT_NE(reber_stream(1, 0, 90, {.seed = 3, .index = 5}).symbols, whole.symbols);
}

TEST(Reber, NamesTheAllowedRange) {
  for (const auto& [first, steps] :
       {std::pair(-1L, 5L), {0L, 0L}, {100'000'000L, 1L}, {5L, 9'223'372'036'854'775'807L}})
    EXPECT_THAT(message_of([&] { reber_stream(1, first, steps, {}); }), HasSubstr(std::to_string(steps)));
  for (const int inner : {0, -1, 1001}) {
    const auto expected = HasSubstr("from 1 to 1000, not " + std::to_string(inner));
    EXPECT_THAT(message_of([&] { reber_string(inner, {}); }), expected);
    EXPECT_THAT(message_of([&] { is_legal_reber("B", inner); }), expected);
  }
}

}  // namespace
}  // namespace carousel::test
