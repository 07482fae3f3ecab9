#include "carousel/text.h"

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace carousel {
namespace {

const std::vector<std::string> tasks{"adding", "copy", "charlm", "parity"};

TEST(Nearest, ForgivesOneSlipInThreeLetters) {
  const std::vector<std::pair<std::string, std::string>> cases{{"addding", "adding"},
                                                               {"aading", "adding"},
                                                               {"adidng", "adding"},
                                                               {"ading", "adding"},
                                                               {"cpoy", "copy"},
                                                               {"COPY", "copy"},
                                                               {"charml", "charlm"},
                                                               {"paritty", "parity"},
                                                               {"adi", ""},
                                                               {"lstm", ""},
                                                               {"", ""},
                                                               {"x", ""}};
  for (const auto& [name, expected] : cases) EXPECT_EQ(nearest(name, tasks), expected) << name;
}

TEST(Nearest, CountsASwapAsOneSlip) {
  EXPECT_EQ(nearest("rgu", std::array<std::string, 1>{"gru"}), "gru");
  EXPECT_EQ(nearest("urg", std::array<std::string, 1>{"gru"}), "");
}

TEST(Nearest, TakesTheClosestAndOfEqualsTheFirst) {
  EXPECT_EQ(nearest("hiddan", std::array<std::string, 3>{"hiddens", "hidden", "hidan"}), "hidden");
  EXPECT_EQ(nearest("lra", std::array<std::string, 2>{"lrb", "lrc"}), "lrb");
}

TEST(DidYouMean, NamesTheNearestAndAllThatIsKnown) {
  EXPECT_EQ(did_you_mean("task", "addding", tasks),
            "unknown task 'addding'; did you mean 'adding'? (known: adding, copy, charlm, parity)");
  EXPECT_EQ(did_you_mean("task", "sudoku", tasks),
            "unknown task 'sudoku' (known: adding, copy, charlm, parity)");
}

TEST(Join, PutsTheSeparatorOnlyBetween) {
  EXPECT_EQ(join(tasks, "|"), "adding|copy|charlm|parity");
  EXPECT_EQ(join({}, "|"), "");
}

TEST(FormatDuration, ShowsHoursOnlyWhenThereAreAny) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  const std::vector<std::pair<double, std::string>> cases{
      {0, "00:00"},          {133, "02:13"}, {3733, "1:02:13"}, {59.6, "01:00"},         {3599.7, "1:00:00"},
      {360000, "100:00:00"}, {-1, "--:--"},  {inf, "--:--"},    {std::nan(""), "--:--"}, {1e300, "--:--"}};
  for (const auto& [seconds, text] : cases) EXPECT_EQ(format_duration(seconds), text) << seconds;
}

TEST(FormatCount, NeverNeedsMoreThanThreeDigits) {
  const std::vector<std::pair<double, std::string>> cases{
      {0, "0"},         {7, "7"},           {0.25, "0.2"},   {12.7, "13"},   {999, "999"},
      {999.7, "1.0k"},  {1000, "1.0k"},     {1234, "1.2k"},  {9960, "10k"},  {41234, "41k"},
      {999400, "999k"}, {999600, "1.0M"},   {3.4e9, "3.4G"}, {2e12, "2.0T"}, {5e15, "5000T"},
      {-41234, "-41k"}, {std::nan(""), "?"}};
  for (const auto& [count, text] : cases) EXPECT_EQ(format_count(count), text) << count;
}

}  // namespace
}  // namespace carousel
