#include "carousel/data/piano_roll.h"

#include <numeric>

#include "carousel/data/random.h"

#include "data/data_support.h"

namespace carousel::test {
namespace {

int sounding(const PianoRoll& piece, int step) {
  const auto first = piece.keys.begin() + step * piano_keys;
  return std::accumulate(first, first + piano_keys, 0);
}

TEST(PianoRoll, SetsTheKeysOfEachStep) {
  const auto pieces = parse_piano_rolls("0 87\n-\n\n39 51 58\n", "x");
  ASSERT_EQ(pieces.size(), 2u);
  EXPECT_EQ(pieces[0].length, 2);
  ASSERT_EQ(pieces[0].keys.size(), 2u * piano_keys);
  EXPECT_EQ(pieces[0].keys[0], 1);
  EXPECT_EQ(pieces[0].keys[87], 1);
  EXPECT_EQ(sounding(pieces[0], 0), 2);
  EXPECT_EQ(sounding(pieces[0], 1), 0);
  EXPECT_EQ(pieces[1].length, 1);
  for (const std::size_t key : {39u, 51u, 58u}) EXPECT_EQ(pieces[1].keys[key], 1);
  EXPECT_EQ(sounding(pieces[1], 0), 3);
}

TEST(PianoRoll, IsTheSameWithWindowsLineEndsSpacesAndMoreEmptyLines) {
  for (const auto* text : {"1 2\n\n3\n", "1 2\r\n\r\n3\r\n", "\n 1\t2 \n\n \n3\n\n\n",
                           "\xEF\xBB\xBF"
                           "2 1\n\n3"}) {
    const auto pieces = parse_piano_rolls(text, "x");
    ASSERT_EQ(pieces.size(), 2u) << text;
    EXPECT_EQ(pieces[0].keys[1] + pieces[0].keys[2], 2) << text;
    EXPECT_EQ(pieces[1].keys[3], 1) << text;
  }
}

TEST(PianoRoll, RefusesFilesThatAreNoMusic) {
  expect_refused({{"", {"empty"}},
                  {"\n \n", {"no piece"}},
                  {"1 2\n88\n", {"line 2", "'88'", "0 to 87"}},
                  {"1 2\n\n-1\n", {"line 3", "'-1'"}},
                  {"1 2\n3 - 4\n", {"line 2", "'-'", "alone"}},
                  {"- -\n", {"line 1", "'-'"}},
                  {"1 2\n3 4.5\n", {"line 2", "'4.5'"}},
                  {"1,2\n", {"line 1", "'1,2'"}},
                  {"99999999999\n", {"line 1", "'99999999999'"}},
                  {"1 2\n7 5 7\n", {"line 2", "key 7 twice"}},
                  {std::string("1 2\n\0\n", 6), {"byte offset 4", "zero byte"}}},
                 [](const auto& path) { read_piano_rolls(path); });
}

/// Music in the counts of a real part: pieces of about equal length, up to four keys a step.
std::string generated_music(int pieces, int steps) {
  Random random({}, 0);
  std::string text;
  for (int piece = 0; piece < pieces; ++piece) {
    if (piece > 0) text += "\n";
    for (int t = steps * piece / pieces; t < steps * (piece + 1) / pieces; ++t) {
      for (int voice = 0; voice < 4; ++voice) text += std::to_string(20 * voice + random.below(20)) + " ";
      text += "\n";
    }
  }
  return text;
}

TEST(JsbChorales, HaveThePublishedCounts) {
  struct Expected {
    std::string part;
    int pieces, steps;
  };
  const TemporaryFolder folder;
  for (const auto& [part, count, steps] :
       {Expected{"train", 229, 13807}, {"valid", 76, 4602}, {"test", 77, 4725}}) {
    const auto real = shared_data("music/jsb." + part + ".txt");
    const auto pieces =
        read_piano_rolls(real.value_or(folder.write("stand-in", real ? "" : generated_music(count, steps))));
    int total = 0;
    for (const auto& piece : pieces) {
      total += piece.length;
      ASSERT_EQ(piece.keys.size(), static_cast<std::size_t>(piece.length) * piano_keys);
      for (int t = 0; t < piece.length; ++t) ASSERT_LE(sounding(piece, t), 4);
    }
    EXPECT_EQ(pieces.size(), static_cast<std::size_t>(count));
    EXPECT_EQ(total, steps);
  }
}

}  // namespace
}  // namespace carousel::test
