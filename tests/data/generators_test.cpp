#include "carousel/data/generators.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "data/data_support.h"
#include "data/generator_support.h"

namespace carousel::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(Adding, MarksOneStepInEachHalf) {
  for (const int length : {2, 3, 7, 100}) {
    const auto batch = adding_batch({.length = length, .batch = 200}, {});
    ASSERT_EQ(batch.inputs.size(), static_cast<std::size_t>(length) * 200 * 2);
    for (int b = 0; b < 200; ++b) {
      const auto marks = column(batch.inputs, 200, b, 2, 1);
      const auto half = marks.begin() + length / 2;
      ASSERT_EQ(std::count(marks.begin(), half, 1.0f), 1);
      ASSERT_EQ(std::count(half, marks.end(), 1.0f), 1);
      ASSERT_EQ(std::count(marks.begin(), marks.end(), 0.0f), length - 2);
    }
  }
}

TEST(Adding, MarksEveryStepSometimes) {
  std::vector<int> marked(10);
  const auto batch = adding_batch({.length = 10, .batch = 1000}, {});
  for (int b = 0; b < 1000; ++b) {
    const auto marks = column(batch.inputs, 1000, b, 2, 1);
    for (std::size_t t = 0; t < 10; ++t) marked[t] += marks[t] == 1;
  }
  for (const int count : marked) EXPECT_NEAR(count, 200, 65);  // five standard deviations
}

TEST(Adding, TargetsTheSumOfTheMarkedValues) {
  const auto batch = adding_batch({.length = 20, .batch = 100}, {.seed = 4});
  ASSERT_EQ(batch.targets.size(), 100u);
  for (int b = 0; b < 100; ++b) {
    const auto values = column(batch.inputs, 100, b, 2, 0), marks = column(batch.inputs, 100, b, 2, 1);
    float sum = 0;
    for (std::size_t t = 0; t < values.size(); ++t) sum += values[t] * marks[t];
    ASSERT_EQ(batch.targets[static_cast<std::size_t>(b)], sum);
  }
}

TEST(Adding, CostsASixthForTheBestConstantAndMoreForOthers) {
  EXPECT_EQ(adding_baseline(), 1.0 / 6.0);
  const auto batch = adding_batch({.length = 10, .batch = 50'000}, {});
  const auto mean_squared_error = [&](double answer) {
    double sum = 0;
    for (const double target : batch.targets) sum += (target - answer) * (target - answer);
    return sum / static_cast<double>(batch.targets.size());
  };
  EXPECT_NEAR(mean_squared_error(1), adding_baseline(), 0.0045);  // five standard deviations
  EXPECT_NEAR(mean_squared_error(0.8), adding_baseline() + 0.04, 0.0055);
  EXPECT_NEAR(mean_squared_error(1.2), adding_baseline() + 0.04, 0.0055);
}

TEST(CopyMemory, RecallsTheTenSymbolsAfterTheDelay) {
  for (const int delay : {1, 2, 30}) {
    const auto batch = copy_batch({.delay = delay, .batch = 50}, {.seed = 9});
    ASSERT_EQ(batch.length, delay + 20);
    for (int b = 0; b < 50; ++b) {
      const auto inputs = column(batch.inputs, 50, b), targets = column(batch.targets, 50, b);
      ASSERT_EQ(inputs.size(), static_cast<std::size_t>(batch.length));
      const std::vector<std::int32_t> symbols(inputs.begin(), inputs.begin() + 10);
      for (const auto symbol : symbols) ASSERT_TRUE(symbol >= 0 && symbol < copy_symbols);

      auto expected_inputs = symbols;
      expected_inputs.insert(expected_inputs.end(), static_cast<std::size_t>(delay - 1), copy_blank);
      expected_inputs.push_back(copy_delimiter);
      expected_inputs.insert(expected_inputs.end(), 10, copy_blank);
      ASSERT_EQ(inputs, expected_inputs);

      std::vector<std::int32_t> expected_targets(static_cast<std::size_t>(delay + 10), copy_blank);
      expected_targets.insert(expected_targets.end(), symbols.begin(), symbols.end());
      ASSERT_EQ(targets, expected_targets);
    }
  }
}

TEST(CopyMemory, CostsItsBaselineToAnAnswerWithoutMemory) {
  EXPECT_DOUBLE_EQ(copy_baseline(1000), 10 * std::log(8.0) / 1020);
  const auto batch = copy_batch({.delay = 5, .batch = 4000}, {});
  std::array<double, 8> counts{};
  double symbols = 0;
  for (const auto target : batch.targets) {
    if (target == copy_blank) continue;
    ++counts.at(static_cast<std::size_t>(target));
    ++symbols;
  }
  double entropy = 0;  // of the symbols as they came; the blanks are certain
  for (const double count : counts) entropy -= count * std::log(count / symbols);
  EXPECT_NEAR(entropy / static_cast<double>(batch.targets.size()), copy_baseline(5), 1e-3);
}

TEST(TemporalOrder, PutsTheTwoSignsInTheirWindows) {
  for (const int length : {10, 11, 19, 20, 50, 57}) {
    const auto batch = order_batch({.length = length, .batch = 300}, {.seed = 2});
    for (int b = 0; b < 300; ++b) {
      const auto inputs = column(batch.inputs, 300, b);
      ASSERT_EQ(inputs.size(), static_cast<std::size_t>(length));
      std::vector<int> places, signs;
      for (int t = 0; t < length; ++t) {
        const auto symbol = inputs[static_cast<std::size_t>(t)];
        ASSERT_TRUE(symbol >= 0 && symbol < order_symbols);
        if (symbol < 2) places.push_back(t), signs.push_back(symbol);
      }
      ASSERT_EQ(places.size(), 2u);
      ASSERT_TRUE(10 * places[0] >= length && 10 * places[0] < 2 * length) << places[0] << " of " << length;
      ASSERT_TRUE(10 * places[1] >= 5 * length && 10 * places[1] < 6 * length)
          << places[1] << " of " << length;
      ASSERT_EQ(batch.targets[static_cast<std::size_t>(b)], 2 * signs[0] + signs[1]);
    }
  }
}

TEST(TemporalOrder, ReachesBothEndsOfItsWindowsAndEveryDistractor) {
  const auto batch = order_batch({.length = 50, .batch = 2000}, {});
  std::vector<int> at(50);
  std::array<int, order_symbols> symbols{};
  for (std::size_t i = 0; i < batch.inputs.size(); ++i) {
    at[i / 2000] += batch.inputs[i] < 2;
    ++symbols.at(static_cast<std::size_t>(batch.inputs[i]));
  }
  for (int t = 0; t < 50; ++t) {
    const bool inside = (t >= 5 && t < 10) || (t >= 25 && t < 30);
    EXPECT_NEAR(at[static_cast<std::size_t>(t)], inside ? 400 : 0, inside ? 90 : 0) << t;
  }
  for (std::size_t distractor = 2; distractor < 6; ++distractor)
    EXPECT_NEAR(symbols[distractor], 24'000, 700);
}

TEST(TemporalOrder, HasFourClassesEquallyOften) {
  EXPECT_DOUBLE_EQ(order_baseline(), std::log(4.0));
  const auto batch = order_batch({.length = 10, .batch = 8000}, {});
  for (int label = 0; label < order_classes; ++label) {
    const auto count = std::count(batch.targets.begin(), batch.targets.end(), label);
    EXPECT_NEAR(static_cast<double>(count), 2000, 195);  // five standard deviations
  }
}

/// Everything a generator returns for an id and a batch size, as one list of numbers.
using Draw = std::function<std::vector<double>(const BatchId&)>;

template <class Batch> std::vector<double> flat(const Batch& batch) {
  std::vector<double> all(batch.inputs.begin(), batch.inputs.end());
  all.insert(all.end(), batch.targets.begin(), batch.targets.end());
  return all;
}

TEST(EveryGenerator, IsAFunctionOfSeedPartAndIndex) {
  const std::vector<Draw> draws{
      [](const BatchId& id) { return flat(adding_batch({.length = 20, .batch = 5}, id)); },
      [](const BatchId& id) { return flat(copy_batch({.delay = 20, .batch = 5}, id)); },
      [](const BatchId& id) { return flat(order_batch({.length = 20, .batch = 5}, id)); },
      [](const BatchId& id) {
        return flat(word_batch(PermutationGroup("A5"), {.length = 20, .batch = 5}, id));
      },
      [](const BatchId& id) { return flat(flip_flop_batch({.length = 20, .batch = 5}, id)); },
      [](const BatchId& id) { return flat(selective_batch({.length = 20, .batch = 5}, id)); }};
  const BatchId id{.seed = 3, .part = Part::train, .index = 8};
  for (const auto& draw : draws) {
    const auto first = draw(id);
    for (const auto& other :
         {BatchId{4, Part::train, 8}, BatchId{3, Part::valid, 8}, BatchId{3, Part::train, 9}}) {
      EXPECT_NE(draw(other), first);
    }
    EXPECT_EQ(draw(id), first);  // whatever was drawn in between
  }
}

TEST(EveryGenerator, StartsALargerBatchWithTheSameExamples) {
  const auto small = adding_batch({.length = 20, .batch = 3}, {}),
             large = adding_batch({.length = 20, .batch = 7}, {});
  for (int b = 0; b < 3; ++b) EXPECT_EQ(column(small.inputs, 3, b, 2), column(large.inputs, 7, b, 2));
  const auto few = copy_batch({.delay = 20, .batch = 3}, {}),
             many = copy_batch({.delay = 20, .batch = 7}, {});
  for (int b = 0; b < 3; ++b) EXPECT_EQ(column(few.inputs, 3, b), column(many.inputs, 7, b));
  const auto short_batch = order_batch({.length = 20, .batch = 3}, {}),
             long_batch = order_batch({.length = 20, .batch = 7}, {});
  for (int b = 0; b < 3; ++b) EXPECT_EQ(column(short_batch.inputs, 3, b), column(long_batch.inputs, 7, b));
  const auto held = flip_flop_batch({.bits = 2, .batch = 3}, {}),
             more_held = flip_flop_batch({.bits = 2, .batch = 7}, {});
  for (int b = 0; b < 3; ++b)
    EXPECT_EQ(column(held.inputs, 3, b, 2, 1), column(more_held.inputs, 7, b, 2, 1));
}

TEST(EveryGenerator, NamesTheAllowedRange) {
  EXPECT_THAT(message_of([] { adding_batch({.length = 1}, {}); }),
              AllOf(HasSubstr("from 2 to 1000000"), HasSubstr("not 1")));
  EXPECT_THAT(message_of([] { copy_batch({.delay = 0}, {}); }),
              AllOf(HasSubstr("from 1 to 1000000"), HasSubstr("not 0")));
  EXPECT_THAT(message_of([] { copy_batch({.delay = 2147483647}, {}); }), HasSubstr("not 2147483647"));
  EXPECT_THAT(message_of([] { copy_baseline(-20); }), HasSubstr("not -20"));
  EXPECT_THAT(message_of([] { order_batch({.length = 9}, {}); }),
              AllOf(HasSubstr("from 10 to"), HasSubstr("not 9")));
  EXPECT_THAT(message_of([] { word_batch(PermutationGroup("S3"), {.length = 1}, {}); }),
              AllOf(HasSubstr("from 2 to 1000000"), HasSubstr("not 1")));
  EXPECT_THAT(message_of([] { flip_flop_batch({.bits = 0}, {}); }), HasSubstr("from 1 to 1000, not 0"));
  EXPECT_THAT(message_of([] { flip_flop_baseline({.length = 0}); }), HasSubstr("not 0"));
  for (const double pulse : {-0.1, 1.1, std::nan("")})
    EXPECT_THAT(message_of([&] { flip_flop_batch({.pulse = pulse}, {}); }), HasSubstr("from 0 to 1, not"));
  EXPECT_THAT(message_of([] { flip_flop_batch({.bits = 1000, .length = 2000}, {}); }),
              HasSubstr("64 sequences of 2000 steps is more than 100000"));
  EXPECT_THAT(message_of([] { selective_batch({.items = 41}, {}); }), HasSubstr("from 1 to 40, not 41"));
  for (const int batch : {0, -1, 100'001}) {
    const auto expected = AllOf(HasSubstr("from 1 to 100000"), HasSubstr("not " + std::to_string(batch)));
    EXPECT_THAT(message_of([&] { adding_batch({.batch = batch}, {}); }), expected);
    EXPECT_THAT(message_of([&] { copy_batch({.batch = batch}, {}); }), expected);
    EXPECT_THAT(message_of([&] { order_batch({.batch = batch}, {}); }), expected);
    EXPECT_THAT(message_of([&] { word_batch(PermutationGroup("S2"), {.batch = batch}, {}); }), expected);
    EXPECT_THAT(message_of([&] { flip_flop_batch({.batch = batch}, {}); }), expected);
    EXPECT_THAT(message_of([&] { selective_batch({.batch = batch}, {}); }), expected);
  }
  EXPECT_THAT(message_of([] { adding_batch({.length = 1'000'000, .batch = 100'000}, {}); }),
              HasSubstr("smaller batch"));
}

}  // namespace
}  // namespace carousel::test
