// Which runs a request makes, and what is told of them.
#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carousel/io/file.h"

#include "io/temporary_folder.h"
#include "sweep/record.h"
#include "sweep/result.h"
#include "sweep/trials.h"

namespace carousel::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Registries& known() {
  static Registries registries;
  return registries;
}

SweepRequest asked(const Words& words) {
  return *read_sweep_request(words, known());
}

std::vector<std::string> run_names(const SweepPlan& plan) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < plan.count(); ++i) names.push_back(plan.run(i).name);
  return names;
}

TEST(SweepPlan, GivesEverySettingASeedBeforeOneHasItsSecond) {
  const SweepPlan plan = sweep_plan(
      asked({"adding", "--lr", "1e-3,0.5", "--seed", "3..4", "--cell", "gru,rnn", "--hidden", "8"}));
  EXPECT_THAT(run_names(plan),
              ElementsAre("cell-gru_lr-0.001_seed-3", "cell-gru_lr-0.5_seed-3", "cell-rnn_lr-0.001_seed-3",
                          "cell-rnn_lr-0.5_seed-3", "cell-gru_lr-0.001_seed-4", "cell-gru_lr-0.5_seed-4",
                          "cell-rnn_lr-0.001_seed-4", "cell-rnn_lr-0.5_seed-4"));
  EXPECT_EQ(plan.setting_name(1), "cell gru, lr 0.5");
}

TEST(SweepPlan, NamesNothingThatIsTheSameForAll) {
  EXPECT_THAT(run_names(sweep_plan(asked({"adding", "--hidden", "8", "--seed", "7"}))), ElementsAre("run"));
}

TEST(SweepPlan, NamesFoldersByWhatAPathCanHoldAndKeepsThemApart) {
  EXPECT_EQ(plain_name("heads:4"), "heads:4");
  const std::string one = plain_name("a/b"), other = plain_name("a b");
  EXPECT_THAT(one, testing::StartsWith("a-b~"));
  EXPECT_NE(one, other);
  EXPECT_LT(plain_name(std::string(1000, 'x')).size(), 60U);
}

TEST(SweepPlan, DrawsTheSameSettingsAgainAndMoreOfThemBeginWithThose) {
  const Words words{"adding", "--lr", "log(1e-4,1e-2)", "--hidden", "8..64:8", "--random"};
  const auto drawn = [&](const std::string& count, const std::string& seed = "1") {
    Words all = words;
    all.insert(all.end(), {count, "--sweep-seed", seed});
    return run_names(sweep_plan(asked(all)));
  };
  const auto five = drawn("5"), ten = drawn("10");
  EXPECT_THAT(ten, SizeIs(10));
  EXPECT_TRUE(std::equal(five.begin(), five.end(), ten.begin()));
  EXPECT_NE(five, drawn("5", "2"));
}

TEST(SweepPlan, DrawsEveryPartOfADistributionAlike) {
  SweptOption rate{.name = "lr", .label = "", .written = "", .drawn = Distribution{true, 1e-4, 1e-2}};
  EXPECT_EQ(drawn_text(rate, 0.0), "0.0001");
  EXPECT_EQ(drawn_text(rate, 0.5), "0.001");
  EXPECT_EQ(drawn_text(rate, 0.25), "0.0003162");
  SweptOption units{
      .name = "hidden", .label = "", .written = "", .whole = true, .drawn = Distribution{false, 1, 4}};
  int counts[5]{};
  for (int i = 0; i < 4000; ++i) ++counts[std::stoi(drawn_text(units, i / 4000.0))];
  EXPECT_THAT(counts, ElementsAre(0, 1000, 1000, 1000, 1000));
}

TEST(SweepPlan, AsksBeforeAThousandRunsAndRefusesMoreDrawsThanThereAre) {
  const auto refusal = [](const Words& words) {
    return message_of<Error>([&] { sweep_plan(asked(words)); });
  };
  EXPECT_EQ(refusal({"adding", "--seed", "1..1000"}), "(nothing was thrown)");
  EXPECT_THAT(refusal({"adding", "--seed", "1..1001"}), HasSubstr("1001 runs: give --yes"));
  EXPECT_EQ(refusal({"adding", "--seed", "1..1001", "--yes"}), "(nothing was thrown)");
  EXPECT_THAT(refusal({"adding", "--seed", "1..10000", "--hidden", "1..101", "--yes"}),
              HasSubstr("at most 1000000"));
  EXPECT_THAT(refusal({"adding", "--hidden", "8,16", "--random", "3"}),
              HasSubstr("there are only 2 settings"));
  EXPECT_THAT(refusal({"adding", "--seed", "uniform(1,9)", "--random", "3"}),
              HasSubstr("seeds are a list or a range"));
}

TEST(SweepPlan, OfATunerHasOneSeedAndSomethingToTune) {
  const auto refusal = [](const Words& words) {
    return message_of<Error>([&] { trials_plan(asked(words)); });
  };
  EXPECT_THAT(refusal({"adding", "--seed", "1..3", "--lr", "1,2"}), HasSubstr("trains each setting once"));
  EXPECT_THAT(refusal({"adding", "--lr", "1"}), HasSubstr("has nothing to tune"));
  EXPECT_THAT(refusal({"adding", "--lr", "1,2", "--random", "1"}), HasSubstr("exclude each other"));
  EXPECT_THAT(trials_plan(asked({"adding", "--lr", "log(1,2)"})).options, ElementsAre("lr"));
}

TEST(ValidationTail, ReadsWhatIsWholeOnceAndBeginsAnewWhereTheFileWasShortened) {
  const TemporaryFolder folder;
  const auto file = folder / "metrics.jsonl";
  ValidationTail tail(file);
  EXPECT_EQ(tail.next(), Validations{});
  const std::string update = R"({"kind":"update","update":1,"loss":1})";
  const std::string first = R"({"kind":"validation","update":1,"metric":0.5})";
  write_file_atomically(file, update + "\n" + first);
  EXPECT_EQ(tail.next(), Validations{});
  write_file_atomically(file, update + "\n" + first + "\nnot JSON\n");
  EXPECT_EQ(tail.next(), (Validations{{1, 0.5}}));
  EXPECT_EQ(tail.next(), Validations{});
  write_file_atomically(file, first + "\n");
  EXPECT_EQ(tail.next(), (Validations{{1, 0.5}}));
}

TEST(SweepRecord, KnowsARequestAgainFromItsFileAndTellsWhatIsOther) {
  const Words words{"adding",   "--lr", "log(1e-4,1e-2)",      "--zoneout", "{h=0.1,c=0.2},{0}",
                    "--random", "3",    "--bidirectional=true"};
  const TemporaryFolder folder;
  const SweepRequest request = asked(words);
  write_file_atomically(folder / "sweep.toml", sweep_toml(request));
  const SweepRequest read = read_sweep_file(folder / "sweep.toml", known());
  EXPECT_EQ(difference_of(request, read), "");
  EXPECT_EQ(sweep_toml(read), sweep_toml(request));
  Words other = words;
  other[2] = "log(1e-4,1e-3)";
  EXPECT_EQ(difference_of(asked(other), read), "--lr is \"log(1e-4,1e-3)\", and was \"log(1e-4,1e-2)\"");
}

TEST(Bootstrap, OfTheMedianOfFiveIsWhatTheBinomialDistributionSays) {
  // P(median of a draw is the smallest) = P(at least 3 of 5 draws are it) = 0.058, more than 2.5 %.
  const Interval five = interval_of_median({5, 1, 4, 2, 3});
  EXPECT_EQ(five.low, 1);
  EXPECT_EQ(five.high, 5);
  std::vector<double> many;
  for (int i = 1; i <= 101; ++i) many.push_back(i);
  const Interval wide = interval_of_median(many);  // about 51 -+ 1.96 * 101 / (2 sqrt(101))
  EXPECT_NEAR(wide.low, 41.2, 2.0);
  EXPECT_NEAR(wide.high, 60.8, 2.0);
}

TEST(Bootstrap, OfOneValueIsThatValueAndOfEqualsNoDifference) {
  EXPECT_EQ(interval_of_median({0.5}).high, 0.5);
  const Interval none = interval_of_difference({1, 1, 1}, {1, 1, 1});
  EXPECT_EQ(none.low, 0.0);
  EXPECT_EQ(none.high, 0.0);
  EXPECT_LT(interval_of_difference({1, 1.1, 1.2}, {2, 2.1, 2.2}).high, 0.0);
}

/// Runs of three settings with five seeds each: settings 0 and 1 overlap, 2 is far off; lower is better.
struct ThreeSettings {
  ThreeSettings() {
    plan = sweep_plan(asked({"adding", "--hidden", "1..3", "--seed", "1..5"}));
    const std::vector<std::vector<double>> metrics{
        {.2, .3, .25, .22, .28}, {.1, .31, .24, .23, .21}, {.9, .8, .85, .95, 1.0}};
    for (std::size_t i = 0; i < plan.count(); ++i) {
      const SweepRun run = plan.run(i);
      RunFigures figures{
          .run = run, .done = true, .reason = "finished", .verdict = "healthy", .metric_name = "error"};
      figures.metric = metrics[run.setting][run.seed];
      figures.updates = 100;
      runs.push_back(figures);
    }
  }
  void fail(std::size_t run) {
    runs[run].done = false;
    runs[run].metric.reset();
    runs[run].verdict = "";
    runs[run].error = "loss is \"nan\", not finite";
  }
  SweepResult result() const { return {"runs/s", "adding", plan, runs, summarise(plan, runs), 0}; }

  SweepPlan plan;
  std::vector<RunFigures> runs;
};

TEST(SweepSummary, PutsTheBestMedianFirstAndTellsTheSeedsSpreadFromADifference) {
  const ThreeSettings three;
  const SweepSummary summary = summarise(three.plan, three.runs);
  ASSERT_THAT(summary.settings, SizeIs(3));
  EXPECT_EQ(summary.settings[0].name, "hidden 2");
  EXPECT_EQ(summary.settings[0].median, .23);
  EXPECT_EQ(summary.settings[0].range.low, .1);
  EXPECT_EQ(summary.settings[0].range.high, .31);
  EXPECT_TRUE(summary.settings[1].like_best);
  EXPECT_FALSE(summary.settings[2].like_best);
  EXPECT_THAT(summary.sentences,
              ElementsAre("'hidden 2' does not differ from 'hidden 1' by more than the seeds do",
                          "'hidden 2' is better than 'hidden 3' by more than the seeds differ"));
  EXPECT_EQ(best_run(summary)->run.name, "hidden-2_seed-1");
}

TEST(SweepSummary, TurnsRoundWhereMoreIsBetter) {
  ThreeSettings three;
  for (RunFigures& run : three.runs) run.lower_is_better = false;
  EXPECT_EQ(summarise(three.plan, three.runs).settings[0].name, "hidden 3");
}

TEST(SweepSummary, PutsASettingOfWhichMostRunsFailedLast) {
  ThreeSettings three;
  for (const std::size_t run : {1, 4, 7}) three.fail(run);  // of setting 1, the best
  const SweepSummary summary = summarise(three.plan, three.runs);
  EXPECT_EQ(summary.settings.back().name, "hidden 2");
  EXPECT_EQ(summary.settings.back().failed, 3U);
  EXPECT_THAT(summary.sentences.front(), testing::Not(HasSubstr("hidden 2")));
}

TEST(SweepSummary, SaysNothingOfDifferencesWithFewerThanFourSeeds) {
  ThreeSettings three;
  three.runs.resize(9);
  const SweepSummary summary = summarise(three.plan, three.runs);
  EXPECT_THAT(summary.sentences,
              ElementsAre(HasSubstr("is not known: sweep the best ones with --seed 1..5")));
  EXPECT_TRUE(summary.settings.back().like_best);
}

TEST(SweepSummary, OfNothingIsEmpty) {
  const SweepSummary summary = summarise(ThreeSettings().plan, {});
  EXPECT_THAT(summary.settings, IsEmpty());
  EXPECT_EQ(best_run(summary), nullptr);
}

TEST(SweepResult, IsARowARunInCsvWithQuotesWhereACellNeedsThem) {
  ThreeSettings three;
  three.fail(0);
  const std::string csv = result_csv(three.result());
  EXPECT_THAT(csv, testing::StartsWith("run,hidden,seed,state,reason,metric,"));
  EXPECT_THAT(csv, HasSubstr("hidden-1_seed-1,1,1,failed,,,,,,,,,,,\"loss is \"\"nan\"\", not finite\"\n"));
  EXPECT_THAT(csv, HasSubstr("hidden-2_seed-1,2,1,done,finished,0.1,"));
  for (std::size_t begin = 0; begin < csv.size(); begin = csv.find('\n', begin) + 1) {
    const std::string line = csv.substr(begin, csv.find('\n', begin) - begin);
    const auto commas = std::ranges::count(line, ',');  // one more in the quotes
    EXPECT_EQ(commas, line.find("nan") == std::string::npos ? 14 : 15) << line;
  }
}

}  // namespace
}  // namespace carousel::cli
