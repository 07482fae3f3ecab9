// Splits and windows: none crosses a split, a group or a gap.
#include <set>

#include "data/series_support.h"

namespace carousel::test {
namespace {

using testing::HasSubstr;

SeriesRequest forecast(std::int64_t window, std::int64_t horizon, const std::string& split) {
  return {.targets = {"y"}, .horizon = horizon, .window = window, .split = split};
}

TEST(SeriesWindows, OfAForecastLieInOnePartWithTheirHorizon) {
  const auto made = make_series(table_of({numbers("y", counted(100))}), forecast(5, 2, "0.7,0.15,0.15"));
  // n rows hold n - 5 - 2 + 1 windows
  EXPECT_EQ(made.windows[0].size(), 64u);
  EXPECT_EQ(made.windows[1].size(), 9u);
  EXPECT_EQ(made.windows[2].size(), 9u);
  for (std::size_t p = 0; p < 3; ++p) {
    for (const auto& window : made.windows[p]) {
      for (auto i = window.first; i < window.first + window.length + 2; ++i)
        ASSERT_EQ(made.part[static_cast<std::size_t>(i)], static_cast<std::int8_t>(p));
    }
  }
}

TEST(SeriesWindows, TakeTheStrideInTrainingOnly) {
  auto request = forecast(5, 2, "0.7,0.15,0.15");
  request.stride = 3;
  const auto made = make_series(table_of({numbers("y", counted(100))}), request);
  EXPECT_EQ(made.windows[0].size(), 22u);
  EXPECT_EQ(made.windows[1].size(), 9u);
}

TEST(SeriesWindows, CrossNoGapInTime) {
  auto times = counted(40, 3600.0);
  for (std::size_t i = 20; i < 40; ++i) times[i] += 7200.0;  // two hours are left out
  Column time{.name = "t", .kind = ColumnKind::time, .values = times};
  auto request = forecast(4, 1, "1,0,0");
  request.time = {"t"};
  const auto made = make_series(table_of({time, numbers("y", counted(40))}), request);
  EXPECT_EQ(made.order.gaps, (std::vector<std::int64_t>{20}));
  EXPECT_EQ(made.order.step.text(), "1 hour");
  EXPECT_EQ(made.windows[0].size(), 32u);  // 16 on either side
  for (const auto& window : made.windows[0]) EXPECT_TRUE(window.first + 5 <= 20 || window.first >= 20);
}

TEST(SeriesWindows, CrossNoGroupAlsoWhereRowsOfGroupsAreMixed) {
  std::vector<std::string> names;
  for (int i = 0; i < 40; ++i) names.push_back(i % 2 ? "b" : "a");
  auto request = forecast(4, 1, "1,0,0");
  request.group = {"g"};
  const auto made = make_series(table_of({category("g", names), numbers("y", counted(40))}), request);
  EXPECT_EQ(made.order.groups, (std::vector<std::int64_t>{0, 20, 40}));
  EXPECT_EQ(made.windows[0].size(), 32u);
  EXPECT_DOUBLE_EQ(made.frame.truth[0][1], 2.0);   // the second row of a
  EXPECT_DOUBLE_EQ(made.frame.truth[0][20], 1.0);  // the first of b
}

TEST(SeriesWindows, WithoutAKnownTargetAreLeftOut) {
  auto values = counted(30);
  for (std::size_t i = 10; i < 20; ++i) values[i] = missing;
  const auto made = make_series(table_of({numbers("y", values)}), forecast(3, 2, "1,0,0"));
  // origins whose next two rows are both missing: targets at 10..19 fully inside, nine of them
  EXPECT_EQ(made.windows[0].size(), 26u - 9u);
}

TEST(SeriesWindows, OfSequencesAreWholeGroupsAndEveryGroupIsInOnePart) {
  std::vector<std::string> names, labels;
  std::vector<double> values;
  for (int g = 0; g < 20; ++g) {
    for (int i = 0; i <= g % 3; ++i) {
      names.push_back("s" + std::to_string(g));
      labels.push_back(g < 10 ? "x" : "y");
      values.push_back(i);
    }
  }
  const SeriesRequest request{.targets = {"label"}, .group = {"g"}, .split = "0.6,0.2,0.2"};
  const auto made =
      make_series(table_of({category("g", names), numbers("v", values), category("label", labels)}), request);
  EXPECT_EQ(made.predict, PredictKind::sequence);
  EXPECT_EQ(made.windows[0].size(), 12u);
  EXPECT_EQ(made.windows[1].size(), 4u);
  EXPECT_EQ(made.windows[2].size(), 4u);
  for (const auto& windows : made.windows) {
    std::array<int, 2> of_class{};
    for (const auto& window : windows) {
      ++of_class[static_cast<std::size_t>(made.frame.truth[0][static_cast<std::size_t>(window.first)])];
      for (auto i = window.first; i < window.first + window.length; ++i)
        EXPECT_EQ(made.part[static_cast<std::size_t>(i)], made.part[static_cast<std::size_t>(window.first)]);
    }
    EXPECT_EQ(of_class[0], of_class[1]);  // every class in its share
  }
}

TEST(SeriesWindows, OfFoldsTestEveryGroupOnce) {
  std::vector<std::string> names, labels;
  for (int g = 0; g < 25; ++g) names.push_back("s" + std::to_string(g)), labels.push_back(g % 2 ? "x" : "y");
  const auto table = table_of({category("g", names), numbers("v", counted(25)), category("label", labels)});
  std::multiset<std::int64_t> tested;
  for (int fold = 1; fold <= 5; ++fold) {
    const SeriesRequest request{
        .targets = {"label"}, .group = {"g"}, .split = "fold:" + std::to_string(fold) + "/5"};
    const auto made = make_series(table, request);
    EXPECT_EQ(made.windows[0].size(), 15u);
    EXPECT_EQ(made.windows[1].size(), 5u);
    for (const auto& window : made.windows[2]) tested.insert(window.first);
  }
  EXPECT_EQ(tested.size(), 25u);
  EXPECT_EQ(std::set(tested.begin(), tested.end()).size(), 25u);
}

TEST(SeriesWindows, OfStepsCountEveryRowOnceAndBurnInWhatComesBefore) {
  const SeriesRequest request{
      .targets = {"y"}, .predict = "step", .window = 10, .burn_in = 4, .split = "1,0,0"};
  const auto made =
      make_series(table_of({numbers("x", counted(25)), numbers("y", counted(25, 2.0))}), request);
  std::vector<int> counts(25, 0);
  for (const auto& window : made.windows[0]) {
    for (auto i = window.first + window.burn_in; i < window.first + window.length; ++i)
      ++counts[static_cast<std::size_t>(i)];
  }
  for (std::size_t i = 0; i < 25; ++i)
    EXPECT_EQ(counts[i], i < 4 ? 0 : 1) << i;  // nothing comes before the first four
}

TEST(SeriesWindows, ToAnswerATableEndAtItsLastRow) {
  const auto made = make_series(table_of({numbers("y", counted(50))}), forecast(6, 4, "1,0,0"));
  const auto back = windows_to_answer(made.frame, made.order, made.schema, 4);
  ASSERT_EQ(back.size(), 12u);
  EXPECT_EQ(back.back().first + back.back().length, 50);
  EXPECT_EQ(back[0].first, 0);
  EXPECT_EQ(windows_to_answer(made.frame, made.order, made.schema, 0).size(), 1u);
  EXPECT_EQ(windows_to_answer(made.frame, made.order, made.schema, 1).size(), 45u);
}

// Two files that count their sequences alike, as the TRAIN and TEST of a .ts set do.
TEST(SeriesWindows, OfTwoFilesAreNotOneGroupForHavingOneName) {
  const auto table =
      table_of({category("sequence", {"1", "1", "2", "1", "1", "2"}), numbers("y", counted(6))});
  const std::vector<std::int64_t> ends{3, 3};
  EXPECT_EQ(order_of(table, {}, {"sequence"}).groups, (std::vector<std::int64_t>{0, 4, 6}));
  const auto order = order_of(table, {}, {"sequence"}, ends);
  EXPECT_EQ(order.groups, (std::vector<std::int64_t>{0, 2, 3, 5, 6}));
  EXPECT_EQ(split_by_files(order, {3, 3}), (std::vector<std::int8_t>{0, 0, 0, 2, 2, 2}));
}

TEST(SeriesSplit, CutsGroupsThatShareATimeAxisAtTheSameTimes) {
  std::vector<std::string> names;
  std::vector<double> times;
  for (int g = 0; g < 2; ++g) {
    for (int i = 0; i < 20; ++i) names.push_back(g ? "b" : "a"), times.push_back(86400.0 * (i + 10 * g));
  }
  auto request = forecast(2, 1, "0.5,0.25,0.25");
  request.group = {"g"};
  request.time = {"t"};
  const auto made = make_series(
      table_of({category("g", names), Column{.name = "t", .kind = ColumnKind::time, .values = times},
                numbers("y", counted(40))}),
      request);
  double latest_training = -1, earliest_test = 1e18;
  for (std::size_t i = 0; i < made.part.size(); ++i) {
    if (made.part[i] == 0) latest_training = std::max(latest_training, made.order.time->values[i]);
    if (made.part[i] == 2) earliest_test = std::min(earliest_test, made.order.time->values[i]);
  }
  EXPECT_LT(latest_training, earliest_test);
}

TEST(SeriesSplit, TakesTimesNumbersAndColumns) {
  Column time{.name = "t", .kind = ColumnKind::time, .values = counted(10, 86400.0)};
  const auto table = table_of({time, numbers("y", counted(10)),
                               category("part", {"train", "train", "train", "train", "valid", "valid", "test",
                                                 "test", "test", "test"})});
  const auto order = order_of(table, {"t"}, {});
  using Parts = std::vector<std::int8_t>;
  EXPECT_EQ(split_rows(table, order, "1970-01-05,1970-01-07", false, {}),
            (Parts{0, 0, 0, 0, 1, 1, 2, 2, 2, 2}));
  EXPECT_EQ(split_rows(table, order, "4,2,3", false, {}), (Parts{0, 0, 0, 0, 1, 1, 2, 2, 2, -1}));
  EXPECT_EQ(split_rows(table, order, "column:part", false, {}), (Parts{0, 0, 0, 0, 1, 1, 2, 2, 2, 2}));
}

TEST(SeriesSplit, KeepsEveryNthGroupForValidation) {
  const auto table = table_of({numbers("g", {5, 5, 4, 4, 3, 2, 1}), numbers("y", counted(7))});
  const auto order = order_of(table, {}, {"g"});
  using Parts = std::vector<std::int8_t>;
  EXPECT_EQ(split_rows(table, order, "every:2", true, {}), (Parts{0, 0, 1, 1, 0, 1, 0}));
  EXPECT_EQ(split_rows(table, order, "every:5", true, {}), (Parts{0, 0, 0, 0, 0, 0, 1}));
  const auto message = [&](const char* text, bool by_group) {
    return message_of([&] { split_rows(table, order, text, by_group, {}); });
  };
  EXPECT_THAT(message("every:6", true), HasSubstr("there are 5 sequences"));
  EXPECT_THAT(message("every:2", false), HasSubstr("--group"));
  EXPECT_THAT(message("every:1", true), HasSubstr("'every:1'"));
}

TEST(SeriesSplit, OfRowsThatStandAloneAdvisesNeitherTimesNorGroups) {
  const auto table = table_of({numbers("y", counted(4))});
  const auto order = order_of(table, {}, {});
  for (const char* text : {"half", "2013-01-01,2014-01-01", "fold:1/5", "every:5"}) {
    const auto message = message_of([&] { split_rows(table, order, text, true, {}, SplitOf::rows); });
    EXPECT_THAT(message, HasSubstr(fmt::format("--split is '{}'", text)));
    for (const char* word : {"--group", "--time", "times", "sequence"})
      EXPECT_THAT(message, testing::Not(HasSubstr(word))) << text;
  }
}

TEST(SeriesSplit, RefusesWhatIsNoneWithTheValue) {
  const auto table =
      table_of({numbers("y", counted(10)), category("part", std::vector<std::string>(10, "x"))});
  const auto order = order_of(table, {}, {});
  const auto message = [&](const char* text) {
    return message_of([&] { split_rows(table, order, text, false, {}); });
  };
  EXPECT_THAT(message("0.7,0.3,0.2"), HasSubstr("more than 1"));
  EXPECT_THAT(message("half"), HasSubstr("--split is 'half'"));
  EXPECT_THAT(message("0,0.5,0.5"), HasSubstr("leaves nothing to train on"));
  EXPECT_THAT(message("2013-01-01,2014-01-01"), HasSubstr("--time"));
  EXPECT_THAT(message("100,10,10"), HasSubstr("120 in all, but there are 10"));
  EXPECT_THAT(message("fold:6/5"), HasSubstr("no fold"));
  EXPECT_THAT(message("fold:1/5"), HasSubstr("--group"));
  EXPECT_THAT(message("column:prat"), HasSubstr("part"));
  EXPECT_THAT(message("column:part"), HasSubstr("line 2 of 'x.csv' has 'x'"));
  EXPECT_THAT(message("-0.1,0.5,0.5"), HasSubstr("below 0"));
}

}  // namespace
}  // namespace carousel::test
