#include "carousel/data/time_series.h"

#include <algorithm>
#include <utility>

#include "carousel/data/random.h"

#include "data/data_support.h"

namespace carousel::test {
namespace {

using testing::ElementsAre;

const std::string header =
    "# comment\n@problemName x\n@dimensions 2\n@equalLength false\n@classLabel true yes no\n@data\n";

TEST(TimeSeries, AreTimeMajor) {
  const auto set = parse_time_series(header + "1,2,3:4,5,6:no\n-.5,1e-3:0,7:yes\n", "x");
  EXPECT_EQ(set.channels, 2);
  EXPECT_THAT(set.labels, ElementsAre("yes", "no"));
  ASSERT_EQ(set.cases.size(), 2u);
  EXPECT_THAT(set.cases[0].values, ElementsAre(1, 4, 2, 5, 3, 6));
  EXPECT_EQ(set.cases[0].label, 1);
  EXPECT_EQ(set.cases[0].length, 3);
  EXPECT_THAT(set.cases[1].values, ElementsAre(-.5, 0, 1e-3, 7));
  EXPECT_EQ(set.cases[1].label, 0);
}

TEST(TimeSeries, KeepWhatVariesAboutALargeOffset) {
  const auto set =
      parse_time_series("@classLabel true a\n@data\n1700000000,1700000001,+1700000002.5:a\n", "x");
  EXPECT_THAT(set.cases[0].values, ElementsAre(1700000000.0, 1700000001.0, 1700000002.5));
}

TEST(TimeSeries, AreReadWhateverTheCaseOfKeysLineEndsAndSpaces) {
  const auto plain = parse_time_series("@classLabel true a\n@data\n1,2:3,4:a\n5:6:a\n", "x");
  const auto other = parse_time_series(
      "\xEF\xBB\xBF@CLASSLABEL True a\r\n\r\n@Data \r\n 1, 2:3,4 : a\r\n# note\r\n\r\n5:6:a", "x");
  EXPECT_EQ(plain.channels, 2);
  ASSERT_EQ(other.cases.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(other.cases[i].values, plain.cases[i].values);
}

TEST(TimeSeries, MayHaveOneChannelAndAStatedLength) {
  const auto set = parse_time_series(
      "@univariate true\n@equalLength true\n@seriesLength 2\n@classLabel true a b\n@data\n1,2:b\n", "x");
  EXPECT_EQ(set.channels, 1);
  EXPECT_THAT(set.cases[0].values, ElementsAre(1, 2));
}

TEST(TimeSeries, MayDifferInLengthWhereTheHeaderSaysSo) {
  EXPECT_EQ(
      parse_time_series("@equalLength false\n@seriesLength 9\n@classLabel true a\n@data\n1:a\n1,2:a\n", "x")
          .cases.size(),
      2u);
}

TEST(TimeSeries, RefuseWrongHeaders) {
  const std::string labels = "@classLabel true a\n", data = "@data\n1:a\n";
  expect_refused(
      {{"", {"empty"}},
       {labels, {"no case", "nor a line '@data'"}},
       {labels + "@data\n", {"no case"}},
       {data, {"line 1", "@classLabel"}},
       {"some,csv\n1,2\n", {"line 1", "'some,csv'", "'@data'"}},
       {"@timeStamps true\n" + labels + data, {"line 1", "time stamps"}},
       {"@timeStamps maybe\n" + labels + data, {"line 1", "'maybe'", "true or false"}},
       {"@classLabel false\n" + data, {"line 1", "no class"}},
       {"@classLabel true\n" + data, {"line 1", "lists no class"}},
       {"@classLabel\n" + data, {"line 1", "true or false"}},
       {"@classLabel true a b a\n" + data, {"line 1", "'a' twice"}},
       {"@dimensions 0\n" + labels + data, {"line 1", "'0'", "from 1"}},
       {"@dimensions 99999999999999\n" + labels + data, {"line 1", "'99999999999999'"}},
       {"@dimensions\n" + labels + data, {"line 1", "''"}},
       {"@univariate true\n@dimensions 2\n" + labels + data, {"line 2", "2 channels", "asks for 1"}},
       {"@dimensions 2000000000\n" + labels + data, {"line 4", "1 channels", "2000000000 are expected"}},
       {labels + std::string("@da\0ta\n", 7), {"zero byte", "byte offset 22"}}},
      [](const auto& path) { read_time_series(path); });
}

TEST(TimeSeries, RefuseWrongCases) {
  std::vector<Refused> cases{{"1:2:maybe\n", {"line 8", "'maybe'", "the 2 of @classLabel"}},
                             {"1,2\n", {"line 8", "'1,2'"}},
                             {"no\n", {"line 8", "0 channels", "2 are expected"}},
                             {"1:no\n", {"line 8", "1 channels", "2 are expected"}},
                             {"1:2:3:no\n", {"line 8", "3 channels"}},
                             {"1,2:3:no\n", {"line 8", "1 values in channel 2", "2 in channel 1"}},
                             {"1:2,3:no\n", {"line 8", "2 values in channel 2", "1 in channel 1"}},
                             {"1,2:3,?:no\n", {"line 8", "missing value '?'", "channel 2"}},
                             {"1,NaN:3,4:no\n", {"line 8", "missing value 'NaN'", "channel 1"}},
                             {"1,2:3,x4:no\n", {"line 8", "'x4'", "channel 2"}},
                             {"1,:3,4:no\n", {"line 8", "''", "channel 1"}},
                             {":3:no\n", {"line 8", "''"}},
                             {"inf:3:no\n", {"line 8", "'inf'", "finite"}},
                             {"1e39:3:no\n", {"line 8", "'1e39'"}},
                             {"1:-1e400:no\n", {"line 8", "'-1e400'"}},
                             {"1:0x10:no\n", {"line 8", "'0x10'"}},
                             {"1:2", {"line 8", "'2'"}}};  // cut off before its label
  for (auto& wrong : cases) wrong.content = header + "1:2:no\n" + wrong.content;
  expect_refused(cases, [](const auto& path) { read_time_series(path); });
}

TEST(TimeSeries, RefuseLengthsTheHeaderExcludes) {
  const std::string labels = "@classLabel true a\n@data\n";
  expect_refused({{"@equalLength true\n" + labels + "1,2:a\n1:a\n", {"line 5", "1 steps", "ask for 2"}},
                  {"@seriesLength 3\n" + labels + "1,2:a\n", {"line 4", "2 steps", "ask for 3"}}},
                 [](const auto& path) { read_time_series(path); });
}

/// Utterances in the shape of JapaneseVowels: the first has the least length, the second the greatest.
std::string generated_vowels(int cases) {
  Random random({}, 0);
  std::string text = "@dimensions 12\n@equalLength false\n@classLabel true 1 2 3 4 5 6 7 8 9\n@data\n";
  for (int i = 0; i < cases; ++i) {
    const int length = i == 0 ? 7 : i == 1 ? 29 : random.between(7, 30);
    for (int c = 0; c < 12; ++c) {
      for (int t = 0; t < length; ++t) text += std::to_string(random.unit()) + (t + 1 < length ? "," : ":");
    }
    text += std::to_string(i % 9 + 1) + "\n";
  }
  return text;
}

TEST(JapaneseVowels, HaveThePublishedCounts) {
  const TemporaryFolder folder;
  int shortest = 1000, longest = 0;
  for (const auto& [part, count] : {std::pair{"TRAIN", 270}, {"TEST", 370}}) {
    const auto real = shared_data(std::string("vowels/JapaneseVowels_") + part + ".ts");
    const auto set =
        read_time_series(real.value_or(folder.write("stand-in.ts", real ? "" : generated_vowels(count))));
    EXPECT_EQ(set.channels, 12);
    EXPECT_EQ(set.labels.size(), 9u);
    EXPECT_EQ(set.cases.size(), static_cast<std::size_t>(count));
    for (const auto& series : set.cases) {
      shortest = std::min(shortest, series.length);
      longest = std::max(longest, series.length);
      ASSERT_EQ(series.values.size(), static_cast<std::size_t>(series.length) * 12);
    }
    if (real && count == 270) {
      EXPECT_EQ(set.cases[0].values[0], 1.860936);   // channel 1, step 1
      EXPECT_EQ(set.cases[0].values[1], -0.207383);  // channel 2, step 1
      EXPECT_EQ(set.cases[0].values[12], 1.891651);  // channel 1, step 2
    }
  }
  EXPECT_EQ(shortest, 7);
  EXPECT_EQ(longest, 29);
}

}  // namespace
}  // namespace carousel::test
