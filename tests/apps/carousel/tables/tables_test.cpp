// What the report tells of a model of a table, on models whose answer is known.
#include <cmath>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carousel/tasks/task_registry.h"
#include "carousel/torch.h"

#include "io/temporary_folder.h"
#include "tables/answer_figures.h"
#include "tables/inputs.h"

namespace carousel::cli {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::SizeIs;

/// Answers, at every row or after the last, with the feature `feature` of `rows_ago` rows before, times two.
class Looks : public Model {
 public:
  Looks(std::int64_t feature, std::int64_t rows_ago, bool every_row)
      : feature_(feature), rows_ago_(rows_ago), every_row_(every_row) {
    register_parameter("any", torch::ones({8}, torch::kDouble));
  }

  Prediction predict(const Batch& batch, const std::vector<torch::Tensor>&, std::int64_t) override {
    const auto seen = 2.0 * batch.input.select(2, feature_).roll(rows_ago_, 0).unsqueeze(2);
    if (every_row_) return {seen, {}};
    const auto mask = last_step_mask(batch).to(torch::kDouble).unsqueeze(2);
    return {(seen * mask).sum(0), {}};
  }

  RecurrentBase& recurrent() override { throw std::logic_error("it has none"); }

 private:
  std::int64_t feature_, rows_ago_;
  bool every_row_;
};

/// Numbers that do not repeat, without a generator.
double noise(int row, int column) {
  return std::sin(12.9898 * row + 78.233 * column) * 3.0;
}

class TableFigures : public testing::Test {
 protected:
  /// Rows of three columns a, b and c, and of y; groups of `rows_of_group(g)` rows where there are groups.
  void write_table(int rows, int group_rows = 0) {
    std::string text = group_rows > 0 ? "g,a,b,c,y\n" : "a,b,c,y\n";
    for (int i = 0; i < rows; ++i) {
      if (group_rows > 0) text += fmt::format("s{},", i / group_rows);
      text += fmt::format("{},{},{},{}\n", noise(i, 0), noise(i, 1), noise(i, 2), noise(i, 3));
    }
    put(folder_ / "table.csv", text);
  }

  /// The task over the table.
  std::unique_ptr<Task> task(std::map<std::string, SettingValue> set) const {
    const TaskSpec spec = series_spec();
    Settings settings(spec.settings);
    set["data"] = (folder_ / "table.csv").string();
    for (const auto& [name, value] : set) settings.set(name, value);
    return spec.make(settings, {.seed = 3});
  }

  static TaskSpec series_spec() { return TaskRegistry::with_built_in().find("series"); }
  static const TableTask& over_table(const Task& task) { return dynamic_cast<const TableTask&>(task); }
  static SeriesSchema schema_of(const Task& task) {
    return SeriesSchema::from_json(json::parse(task.schema()));
  }

  TemporaryFolder folder_;
};

TEST_F(TableFigures, ShufflingFindsTheOneInputThatTheModelReads) {
  write_table(300);
  const auto over = task({{"target", "y"}, {"inputs", "a,b,c"}, {"predict", "step"}, {"window", 10L}});
  Looks model(1, 0, true);
  const auto columns = input_columns(schema_of(*over));
  const auto part = measured_part(*over, model, 1.0, 1e10);
  const json found = importance_figures(over_table(*over), model, part, columns, 5);
  ASSERT_THAT(found["columns"], SizeIs(3));
  EXPECT_EQ(found["columns"][0]["name"], "b");
  EXPECT_GT(std::abs(found["columns"][0]["rise"].get<double>()), 1e-3);
  EXPECT_EQ(found["columns"][1]["rise"], 0);
  EXPECT_EQ(found["columns"][2]["rise"], 0);
  EXPECT_EQ(found, importance_figures(over_table(*over), model, part, columns, 5));
  EXPECT_NE(found, importance_figures(over_table(*over), model, part, columns, 6));
}

TEST_F(TableFigures, ShufflingTakesNumbersOfLongerWindowsIntoShorterOnes) {
  std::string text = "g,a,y\n";  // groups of 2 to 6 rows
  for (int g = 0, i = 0; g < 40; ++g) {
    for (int t = 0; t < 2 + g % 5; ++t) text += fmt::format("s{},{},{}\n", g, noise(i++, 0), g);
  }
  put(folder_ / "table.csv", text);
  const auto over =
      task({{"target", "y"}, {"group", "g"}, {"inputs", "a"}, {"predict", "sequence"}, {"batch", 3L}});
  Looks model(0, 0, false);
  const auto part = measured_part(*over, model, 1.0, 1e10);
  EXPECT_EQ(part.windows, 6);
  const json found = importance_figures(over_table(*over), model, part, input_columns(schema_of(*over)), 5);
  EXPECT_NE(found["columns"][0]["rise"], 0);
}

TEST_F(TableFigures, TheGradientReachesExactlyAsFarBackAsTheModelLooks) {
  write_table(300);
  const auto over = task({{"target", "y"}, {"inputs", "a,b,c"}, {"predict", "step"}, {"window", 10L}});
  Looks model(2, 4, true);
  const json reach = reach_figures(over_table(*over), model, measured_part(*over, model, 1.0, 1e10),
                                   input_columns(schema_of(*over)), schema_of(*over));
  ASSERT_THAT(reach["log10_norm"], SizeIs(10));
  for (std::size_t lag = 0; lag < 10; ++lag)
    EXPECT_EQ(reach["log10_norm"][lag].is_null(), lag != 4) << "lag " << lag;
  EXPECT_EQ(reach["rows_of_90"], 5);
  EXPECT_EQ(reach["first"], 0);
  EXPECT_EQ(reach["columns"][2]["log10_norm"], reach["log10_norm"]);
  EXPECT_TRUE(reach["columns"][0]["log10_norm"][4].is_null());
}

TEST_F(TableFigures, TheGradientOfAWindowIsItsOwnLossesWhateverTheBatch) {
  write_table(300);
  std::vector<json> found;
  for (const std::int64_t batch : {1L, 4L}) {
    const auto over =
        task({{"target", "y"}, {"inputs", "a"}, {"predict", "step"}, {"window", 5L}, {"batch", batch}});
    Looks model(0, 1, true);
    auto part = measured_part(*over, model, 1.0, 1e10);
    found.push_back(
        reach_figures(over_table(*over), model, part, input_columns(schema_of(*over)), schema_of(*over)));
  }
  EXPECT_NEAR(found[0]["log10_norm"][1].get<double>(), found[1]["log10_norm"][1].get<double>(), 1e-4);
}

TEST_F(TableFigures, AConfusionMatrixAddsUpAndTheMostWrongComesFirst) {
  Answers answers{.targets = {"kind"}, .classes = {"x", "y", "z"}};
  const auto add = [&](std::int64_t row, double truth, std::vector<double> p) {
    Answer answer{.example = row, .row = row, .truth = truth};
    answer.answer = static_cast<double>(std::ranges::max_element(p) - p.begin());
    answers.rows.push_back(answer);
    answers.more.insert(answers.more.end(), p.begin(), p.end());
  };
  add(0, 0, {0.8, 0.1, 0.1});
  add(1, 1, {0.6, 0.3, 0.1});
  add(2, 2, {0.9, 0.09, 0.01});
  add(3, missing, {0.2, 0.5, 0.3});
  add(4, 2, {0.1, 0.1, 0.8});
  Table table;
  table.columns.push_back({.name = "id", .values = {7, 8, 9, 10, 11}});
  SeriesSchema schema{.predict = PredictKind::sequence};
  schema.group = {"id"};
  const json found = class_figures(answers, table, schema);
  EXPECT_EQ(found["confusion"], json::parse("[[1,0,0],[1,0,0],[1,0,1]]"));
  EXPECT_EQ(found["count"], 4);
  EXPECT_EQ(found["accuracy"], 0.5);
  ASSERT_THAT(found["wrong"], SizeIs(2));
  EXPECT_EQ(found["wrong"][0]["name"], "id 9");
  EXPECT_EQ(found["wrong"][0]["truth"], "z");
  EXPECT_EQ(found["wrong"][0]["answer"], "x");
  EXPECT_EQ(found["wrong"][0]["probability"], 0.01);
  EXPECT_NEAR(found["wrong"][1]["surprise"].get<double>(), -std::log(0.3), 1e-4);
}

/// Forecasts of two rows at each of the rows 0 ... 5 of a table of six, answered with 10 times the row they are about.
Answers forecasts_of_two_rows() {
  Answers answers{.targets = {"y"}, .quantiles = {0.1, 0.5, 0.9}};
  for (std::int64_t read = 0; read < 4; ++read) {
    for (std::int64_t h = 1; h <= 2; ++h) {
      const double about = static_cast<double>(read + h);
      answers.rows.push_back({.example = read,
                              .row = read,
                              .horizon = h,
                              .truth = 10.0 * about,
                              .answer = 10.0 * about + static_cast<double>(h),
                              .baseline = 10.0 * about - 3.0});
      answers.more.insert(answers.more.end(), {10.0 * about - 1, 10.0 * about, 10.0 * about + 5});
    }
  }
  return answers;
}

TEST_F(TableFigures, ErrorsAreOfTheirHorizonAndForecastsAreDrawnOneAfterTheOther) {
  Table table;
  table.columns.push_back({.name = "y", .values = std::vector<double>(6, 0.0)});
  SeriesSchema schema{.horizon = 2};
  schema.targets = {{.name = "y"}};
  const json found = number_figures(forecasts_of_two_rows(), table, schema);
  EXPECT_EQ(found["horizons"][0]["mae"], json::parse("[1, 2]"));
  EXPECT_EQ(found["horizons"][0]["baseline_rmse"], json::parse("[3, 3]"));
  EXPECT_EQ(found["scores"][0]["mae"], 1.5);
  EXPECT_EQ(found["scores"][0]["inside"], 1);
  const json& track = found["tracks"][0];
  EXPECT_EQ(track["x"], "row");
  // Rows 2 and 3 are the first forecast, 4 and 5 that which begins where it ends; none begins at 6.
  EXPECT_EQ(track["points"],
            json::parse("[[2,10,11,7,9,15],[3,20,22,17,19,25],[4,30,31,27,29,35],[5,40,42,37,39,45],"
                        "[6,50,null,null,null,null]]"));
  EXPECT_EQ(track["ahead"][0], json::parse(R"({"rows":1,"points":[[2,11],[3,21],[4,31],[5,41],[6,null]]})"));
}

TEST_F(TableFigures, WhatWasNotAnsweredIsAGapOfTheLine) {
  Table table;
  table.columns.push_back({.name = "y", .values = std::vector<double>(9, 0.0)});
  SeriesSchema schema{.predict = PredictKind::step};
  schema.targets = {{.name = "y", .mean = 4.0}};
  Answers answers{.targets = {"y"}};
  for (const std::int64_t row : {0, 1, 7})
    answers.rows.push_back({.example = row / 5, .row = row, .truth = 1.0, .answer = 2.0});
  const json points = number_figures(answers, table, schema)["tracks"][0]["points"];
  EXPECT_EQ(points, json::parse("[[1,1,2,4,null,null],[2,1,2,4,null,null],[3,null,null,null,null,null],"
                                "[8,1,2,4,null,null]]"));
}

}  // namespace
}  // namespace carousel::cli
