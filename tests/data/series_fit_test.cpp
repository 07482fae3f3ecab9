// What is fitted of a table comes from its training rows, and what a network reads of it.
#include "data/series_support.h"

namespace carousel::test {
namespace {

using testing::HasSubstr;

SeriesRequest forecast_of(const std::string& target) {
  return {.targets = {target}, .horizon = 1, .window = 3, .split = "0.5,0.25,0.25"};
}

TEST(SeriesFit, KnowsNothingOfValidationAndTestRows) {
  auto values = counted(20);
  std::vector<std::string> wind(20, "NW");
  wind[3] = "SE";
  const auto before = make_series(table_of({numbers("y", values), category("wind", wind)}), forecast_of("y"));
  for (std::size_t i = 10; i < 20; ++i) values[i] = 1e6, wind[i] = "storm";
  const auto after = make_series(table_of({numbers("y", values), category("wind", wind)}), forecast_of("y"));
  EXPECT_EQ(before.schema.to_json(), after.schema.to_json());
  EXPECT_DOUBLE_EQ(before.schema.targets[0].scaling.offset(), 4.5);
  EXPECT_EQ(before.schema.inputs[1].categories, (std::vector<std::string>{"NW", "SE"}));
  // one number for y; for the wind a place for what was not seen, and one for each that was
  EXPECT_EQ(after.schema.features(), 4);
  EXPECT_EQ(input_at(after, 15, 1), 1.0F);
  EXPECT_EQ(input_at(after, 3, 3), 1.0F);
  EXPECT_EQ(input_at(after, 0, 2), 1.0F);
}

TEST(SeriesFit, KeepsSecondsSince1970Apart) {
  std::vector<double> seconds;
  for (int i = 0; i < 20; ++i) seconds.push_back(1.7e9 + i);
  const auto made =
      make_series(table_of({numbers("y", counted(20)), numbers("s", seconds)}), forecast_of("y"));
  const float step = input_at(made, 1, 1) - input_at(made, 0, 1);
  EXPECT_NEAR(step, 1.0 / std::sqrt((100.0 - 1.0) / 12.0), 1e-6);
}

TEST(SeriesFit, FillsWhatIsMissingByItsRule) {
  auto values = counted(20);
  values[0] = values[5] = values[6] = missing;
  const auto table = table_of({numbers("y", values)});
  const auto filled = [&](MissingRule rule, std::int64_t place) {
    auto request = forecast_of("y");
    request.missing = rule;
    const auto made = make_series(table, request);
    return made.schema.targets[0].scaling.unscale(input_at(made, place, 0));
  };
  const double mean = (1 + 2 + 3 + 4 + 7 + 8 + 9) / 7.0;
  EXPECT_NEAR(filled(MissingRule::forward, 0), mean, 1e-6);
  EXPECT_NEAR(filled(MissingRule::forward, 6), 4.0, 1e-6);
  EXPECT_NEAR(filled(MissingRule::mean, 6), mean, 1e-6);
  EXPECT_NEAR(filled(MissingRule::zero, 6), 0.0, 1e-6);
}

TEST(SeriesFit, LeavesDroppedRowsOutAsAGap) {
  auto values = counted(20);
  values[5] = missing;
  auto request = forecast_of("y");
  request.missing = MissingRule::drop;
  request.split = "1,0,0";
  const auto made = make_series(table_of({numbers("y", values)}), request);
  EXPECT_EQ(made.windows[0].size(), 2u + 11u);  // five rows before, fourteen after
  for (const auto& window : made.windows[0]) EXPECT_TRUE(window.first + 4 <= 5 || window.first > 5);
}

TEST(SeriesFit, SaysWhereAValueIsMissingOnRequest) {
  auto values = counted(20);
  values[5] = missing;
  auto request = forecast_of("y");
  request.missing_mask = true;
  const auto made = make_series(table_of({numbers("y", values), numbers("x", counted(20))}), request);
  EXPECT_EQ(made.schema.features(), 3);  // x has none missing
  EXPECT_EQ(input_at(made, 5, 1), 1.0F);
  EXPECT_EQ(input_at(made, 4, 1), 0.0F);
}

TEST(SeriesFit, ReadsRowByRowWhatItReadsOfAWholeTable) {
  auto values = counted(20);
  values[0] = values[7] = missing;
  auto request = forecast_of("y");
  request.difference = true;
  const auto table = table_of({numbers("y", values)});
  const auto whole = make_series(table, request);
  SeriesTail tail;
  for (std::size_t i = 0; i < 20; ++i) {
    const auto row = table_of({numbers("y", {values[i]})});
    const auto frame = frame_of(row, {.rows = {0}, .groups = {0, 1}}, whole.schema, tail);
    EXPECT_EQ(frame.inputs[0], input_at(whole, static_cast<std::int64_t>(i), 0)) << i;
    EXPECT_EQ(frame.history[0][0], whole.frame.history[0][i]) << i;
  }
}

TEST(SeriesFit, ComesBackFromJson) {
  Column time{.name = "t", .kind = ColumnKind::time, .values = counted(20, 3600.0)};
  auto request = forecast_of("y");
  request.time = {"t"};
  request.calendar = {"hour", "weekday"};
  request.known_ahead = {"wind"};
  const auto made = make_series(
      table_of({time, numbers("y", counted(20)), category("wind", std::vector<std::string>(20, "NW"))}),
      request);
  const auto again = SeriesSchema::from_json(made.schema.to_json());
  EXPECT_EQ(again.to_json(), made.schema.to_json());
  EXPECT_EQ(again.features(), 1 + 2 + 4 + 1);
  EXPECT_EQ(again.season, 24);
  auto damaged = made.schema.to_json();
  damaged["window"] = -1;
  EXPECT_THAT(message_of([&] { SeriesSchema::from_json(damaged); }),
              HasSubstr("schema.json is damaged (window is -1)"));
  damaged = made.schema.to_json();
  damaged["inputs"][0]["scaling"]["width"] = 0.0;
  EXPECT_THAT(message_of([&] { SeriesSchema::from_json(damaged); }), HasSubstr("schema.json is damaged"));
  for (const char* seasonal : {"season", "both", "seasons"}) {
    damaged = made.schema.to_json();
    damaged["relative"] = seasonal, damaged["season"] = 0;
    EXPECT_THAT(message_of([&] { SeriesSchema::from_json(damaged); }), HasSubstr("a season of 0 rows"))
        << seasonal;
  }
}

TEST(SeriesFit, DecidesWhatIsPredicted) {
  const auto kind = [](const Table& table, SeriesRequest request) {
    return predict_kind(table, order_of(table, {}, request.group), request);
  };
  const auto grouped = table_of({category("g", {"a", "a", "b", "b"}), numbers("same", {1, 1, 2, 2}),
                                 numbers("other", {1, 2, 3, 4}), category("c", {"x", "y", "x", "y"})});
  EXPECT_EQ(kind(grouped, {.targets = {"other"}}), PredictKind::forecast);
  EXPECT_EQ(kind(grouped, {.targets = {"c"}}), PredictKind::step);
  EXPECT_EQ(kind(grouped, {.targets = {"same"}, .group = {"g"}}), PredictKind::sequence);
  EXPECT_EQ(kind(grouped, {.targets = {"other"}, .group = {"g"}}), PredictKind::step);
  EXPECT_EQ(kind(grouped, {.targets = {"other"}, .group = {"g"}, .horizon = 1}), PredictKind::forecast);
  EXPECT_EQ(kind(grouped, {.targets = {"other"}, .predict = "sequence"}), PredictKind::sequence);
}

TEST(SeriesFit, RefusesWithTheNameAndWhatToDo) {
  std::vector<std::string> ids;
  std::vector<std::string> two;
  for (int i = 0; i < 3000; ++i) ids.push_back(std::to_string(i)), two.push_back(i % 2 ? "x" : "y");
  const auto table =
      table_of({numbers("load", counted(3000)), numbers("flat", std::vector<double>(3000, 2.0)),
                numbers("gone", std::vector<double>(3000, missing)), category("id", ids),
                category("one", std::vector<std::string>(3000, "x")), category("two", two)});
  const auto message = [&](SeriesRequest request) {
    request.split = "0.5,0.25,0.25";
    return message_of([&] { make_series(table, request); });
  };
  EXPECT_THAT(message({.targets = {"laod"}}), HasSubstr("load"));
  EXPECT_THAT(message({.targets = {"flat"}, .inputs = {"load"}}),
              HasSubstr("'flat' of 'x.csv' is 2 in every training row"));
  EXPECT_THAT(message({.targets = {"gone"}, .inputs = {"load"}}), HasSubstr("missing in every training row"));
  EXPECT_THAT(message({.targets = {"load"}, .inputs = {"gone"}}), HasSubstr("input 'gone'"));
  EXPECT_THAT(message({.targets = {"load"}, .inputs = {"id"}}), HasSubstr("1500 different texts"));
  EXPECT_THAT(message({.targets = {"one"}, .inputs = {"load"}, .predict = "step"}),
              HasSubstr("nothing to tell apart"));
  EXPECT_THAT(message({.targets = {"two"}, .inputs = {"load"}, .horizon = 1}),
              HasSubstr("forecasts are of numbers"));
  EXPECT_THAT(message({.targets = {"load"}, .inputs = {"flat"}, .known_ahead = {"load"}}),
              HasSubstr("which is the target"));
  EXPECT_THAT(message({.targets = {"load"}, .inputs = {"flat"}, .calendar = {"hour"}}), HasSubstr("--time"));
  EXPECT_THAT(message({.targets = {"load"}, .inputs = {"flat"}, .predict = "step", .horizon = 2}),
              HasSubstr("--horizon is 2"));
  EXPECT_THAT(message({.targets = {"load"}, .inputs = {"load"}, .predict = "step"}),
              HasSubstr("leave it out"));
}

TEST(SeriesFit, RefusesAnInfiniteValueWithItsLine) {
  auto values = counted(20);
  values[4] = INFINITY;
  EXPECT_THAT(message_of([&] { make_series(table_of({numbers("y", values)}), forecast_of("y")); }),
              HasSubstr("line 6 of 'x.csv' has an infinite value in the column 'y'"));
}

}  // namespace
}  // namespace carousel::test
