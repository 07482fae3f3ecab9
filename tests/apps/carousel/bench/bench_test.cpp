// carousel bench: that it measures what it says, not how fast anything is.
#include <chrono>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "apps/carousel/run_command.h"
#include "bench/result.h"

namespace carousel {
namespace {

using nlohmann::json;
using testing::DoubleEq;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

json bench(std::vector<std::string> more) {
  std::vector<std::string> words{"bench", "--quick", "--json", "--threads", "1"};
  words.insert(words.end(), more.begin(), more.end());
  const Outcome outcome = Scratch().run(words);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  return json::parse(outcome.out);
}

TEST(Bench, GivesACompleteRecordOfEveryContenderShapeAndPass) {
  const json result =
      bench({"--shape", "6,3,5,8", "--shape", "7,4,5,8,packed", "--cells", "lstm,gru", "--cells", "rnn"});
  ASSERT_EQ(result["records"].size(), 3u * 2u * 2u * 3u);  // cells, shapes, passes, contenders
  for (const json& record : result["records"]) {
    EXPECT_GE(record["count"], 1);
    EXPECT_LT(record["difference"], 1e-5);
    for (const char* key : {"median", "lower_quartile", "upper_quartile", "min", "max"}) {
      EXPECT_GT(record["seconds"][key], 0.0) << key;
    }
    for (const char* key : {"gflop", "gflop_per_second", "gemm_gflop_per_second", "gemm_share",
                            "ratio_to_torch", "ratio_to_loop"}) {
      EXPECT_GT(record[key], 0.0) << key;
    }
  }
  EXPECT_EQ(result["records"][0]["shape"], json::parse(R"({"T": 6, "B": 3, "I": 5, "H": 8})"));
  EXPECT_EQ(result["records"][0]["pass"], "forward+backward");
  EXPECT_EQ(result["threads"], 1);
  ASSERT_EQ(result["summary"].size(), 3u * 2u * 2u * 2u);  // cells, padded or packed, passes, engines
  EXPECT_GT(result["summary"][0]["geometric_mean_ratio_to_torch"], 0.0);
  EXPECT_EQ(result["summary"][0]["worst_shape"], "6,3,5,8");
}

TEST(Bench, ComparesWithTorchOnlyWhereTorchHasTheLayer) {
  const json result =
      bench({"--shape", "6,3,5,8", "--cells", "peephole-lstm", "--pass", "forward", "--dtype", "double"});
  ASSERT_EQ(result["records"].size(), 2u);
  EXPECT_TRUE(result["records"][0]["ratio_to_torch"].is_null());
  EXPECT_GT(result["records"][0]["ratio_to_loop"], 0.0);
  EXPECT_THAT(result["summary"], IsEmpty());
}

TEST(Bench, CountsTheProductsOfTheRecurrenceThatIsAskedFor) {
  const auto operations = [](const std::string& recurrence) {
    const json result = bench({"--shape", "6,3,5,8", "--cells", "lstm", "--pass", "forward", "--contenders",
                               "fused,fused-full", "--recurrence", recurrence});
    return std::pair(result["records"][0]["gflop"].get<double>(),
                     result["records"][1]["gflop"].get<double>());
  };
  const auto [as_the_cell_says, full] = operations("cell");
  EXPECT_EQ(as_the_cell_says, full);
  EXPECT_DOUBLE_EQ(operations("heads:4").first, full * (5 + 2) / (5 + 8));
  EXPECT_DOUBLE_EQ(operations("none").second, full);
}

TEST(Bench, PrintsATableForAPerson) {
  const Outcome outcome = Scratch().run({"bench", "--quick", "--shape", "6,3,5,8", "--cells", "gru"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, testing::AllOf(HasSubstr("GFLOP/s"), HasSubstr("6,3,5,8"), HasSubstr(" torch "),
                                          HasSubstr("geometric mean")));
}

TEST(Bench, RefusesWhatItCannotMeasureWithOneSentence) {
  using Words = std::vector<std::string>;
  const std::vector<std::pair<Words, Words>> cases{
      {{"--shape", "100,32,64"}, {"'100,32,64'", "3 parts", "T,B,I,H"}},
      {{"--shape", "100,32,x,8"}, {"'100,32,x,8'", "'x'", "T,B,I,H"}},
      {{"--shape", "9,2,3,4", "--shape", "9,0,3,4"}, {"'9,0,3,4'", "'0'"}},
      {{"--shape", "9,2,3,4,paked"}, {"paked", "5 parts", "packed"}},
      {{"--shape", ""}, {"''", "T,B,I,H"}},
      {{"--cells", "lstm,gruu"}, {"unknown cell 'gruu'", "'gru'"}},
      {{"--contenders", "fusd"}, {"unknown contender 'fusd'", "'fused'"}},
      {{"--contenders", "torch", "--cells", "peephole-lstm"}, {"torch", "peephole-lstm"}},
      {{"--long", "--long-lengths", "100,0"}, {"--long-lengths", "'0'"}}};
  for (const auto& [words, parts] : cases) {
    Words all{"bench", "--quick", "--seconds", "0"};
    all.insert(all.end(), words.begin(), words.end());
    const Outcome outcome = Scratch().run(all);
    EXPECT_EQ(outcome.exit_code, 2) << words.back();
    EXPECT_EQ(outcome.error_lines(), 1u) << outcome.err;
    EXPECT_THAT(outcome.out, IsEmpty());
    for (const std::string& part : parts) EXPECT_THAT(outcome.err, HasSubstr(part));
  }
}

TEST(Bench, OfLongSequencesGivesTimeAStepAndMemory) {
  const json result = bench({"--long", "--long-lengths", "20000,20"});
  ASSERT_EQ(result["long"].size(), 4u);  // lengths, with memory saved and without
  for (const json& record : result["long"]) {
    EXPECT_GT(record["seconds_per_step"], 0.0);
    EXPECT_EQ(record["data_bytes"], 2 * record["T"].get<int>() * (16 + 64) * 4);
    EXPECT_TRUE(record["peak_bytes"].is_number() || record["peak_bytes"].is_null());
  }
  EXPECT_EQ(result["long"][3]["T"], 20000);
  if (result["long"][3]["peak_bytes"].is_null()) return;
  // The states alone are 64 numbers of 4 bytes a step, h and c; saving memory keeps few of them.
  EXPECT_GT(result["long"][3]["peak_bytes"], 20000 * 64 * 2 * 4);
  EXPECT_GT(result["long"][3]["peak_bytes"], result["long"][1]["peak_bytes"]);
}

TEST(BenchShape, CountsTheProductsOfTheStepsThatAreThere) {
  EXPECT_EQ(cli::parse_shape("5,3,2,4").operations(4, false), 2.0 * 4 * 5 * 3 * 4 * (2 + 4));
  EXPECT_EQ(cli::parse_shape("5,3,2,4").operations(4, true), 3.0 * 2.0 * 4 * 5 * 3 * 4 * (2 + 4));
  const auto packed = cli::parse_shape("400,32,128,128,packed");
  const auto lengths = packed.lengths();
  std::int64_t rows = 0;
  for (const std::int64_t length : lengths) {
    EXPECT_GE(length, 1);
    EXPECT_LE(length, 400);
    rows += length;
  }
  EXPECT_EQ(packed.operations(1, false), 2.0 * 128 * 256 * static_cast<double>(rows));
  EXPECT_LT(rows, 400 * 32);
  EXPECT_EQ(packed.lengths(), lengths);
  EXPECT_EQ(packed.text(), "400,32,128,128,packed");
}

void spin(double seconds) {
  const auto start = std::chrono::steady_clock::now();
  while (std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() < seconds) {
  }
}

TEST(BenchRunner, TakesTurnsAndLetsTheSlowSitOut) {
  std::string order;
  const auto busy = [&](char name, double seconds) {
    return [&order, name, seconds] {
      order += name;
      spin(seconds);
    };
  };
  const auto seconds = cli::time_in_turns({{"a", busy('a', 1e-4)}, {"b", busy('b', 5e-2)}},
                                          {.rounds = 6, .seconds = 60.0, .sample_seconds = 0.0});
  EXPECT_EQ(order, "abababaabaaba")
      << "two warm-ups, then b in every second round, and another first in each";
  EXPECT_EQ(cli::spread_of(seconds[1]).count, 3);
  EXPECT_GE(cli::spread_of(seconds[1]).min, 5e-2);
}

TEST(BenchRunner, BeginsEveryRoundWithAnother) {
  std::string order;
  const auto busy = [&](char name) {
    return [&order, name] {
      order += name;
      spin(2e-2);
    };
  };
  cli::time_in_turns({{"a", busy('a')}, {"b", busy('b')}},
                     {.rounds = 3, .seconds = 60.0, .sample_seconds = 0.0});
  EXPECT_EQ(order, "abababbaab");
}

TEST(BenchRunner, RepeatsWhatIsQuickAndGivesTheTimeOfOne) {
  int runs = 0;
  const auto a_millisecond = [&] {
    ++runs;
    spin(1e-3);
  };
  const auto seconds = cli::time_in_turns({{"a", a_millisecond}}, {.rounds = 3, .sample_seconds = 0.01});
  EXPECT_GT(runs, 2 + 3 * 2);
  EXPECT_GE(cli::spread_of(seconds[0]).min, 1e-3);
  EXPECT_LT(cli::spread_of(seconds[0]).min, 9e-3);
}

TEST(BenchRunner, StopsWhenTheTimeIsUpButNotBeforeThreeRounds) {
  int runs = 0;
  cli::time_in_turns({{"a", [&] { ++runs; }}}, {.rounds = 1000, .seconds = 0.0, .sample_seconds = 0.0});
  EXPECT_EQ(runs, 2 + 3);
}

TEST(BenchStatistics, AreThoseOfTheRoundsThatWereMeasured) {
  const cli::Spread spread = cli::spread_of({4.0, nan, 1.0, 3.0, 2.0});
  EXPECT_EQ(spread.count, 4);
  EXPECT_THAT((std::vector{spread.min, spread.lower, spread.median, spread.upper, spread.max}),
              ElementsAre(DoubleEq(1.0), DoubleEq(1.75), DoubleEq(2.5), DoubleEq(3.25), DoubleEq(4.0)));
  EXPECT_DOUBLE_EQ(cli::paired_ratio({2.0, 100.0, 9.0}, {1.0, nan, 3.0}), 2.5);
  EXPECT_DOUBLE_EQ(cli::geometric_mean({1.0, 4.0}), 2.0);
}

TEST(BenchSummary, HasTheWorstShapeAndKeepsPackedApart) {
  const auto record = [](const char* shape, double ratio) {
    return cli::BenchRecord{.cell = "lstm",
                            .contender = "fused",
                            .shape = cli::parse_shape(shape),
                            .seconds = {},
                            .torch_ratio = ratio,
                            .loop_ratio = {}};
  };
  const auto summaries =
      cli::summarise({record("1,1,1,1", 4.0), record("2,1,1,1", 1.0), record("3,1,1,1,packed", 9.0)});
  ASSERT_EQ(summaries.size(), 2u);
  EXPECT_DOUBLE_EQ(summaries[0].mean_ratio, 2.0);
  EXPECT_EQ(summaries[0].worst_shape, "2,1,1,1");
  EXPECT_TRUE(summaries[1].packed);
  EXPECT_DOUBLE_EQ(summaries[1].mean_ratio, 9.0);
}

}  // namespace
}  // namespace carousel
