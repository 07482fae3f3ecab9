// series as a task: what reaches the network and the loss, the simple answers, and what must not matter.
#include <cmath>
#include <functional>
#include <numbers>

#include <fmt/format.h>

#include "carousel/tasks/table_task.h"
#include "carousel/train/evaluate.h"

#include "tasks/task_support.h"

namespace carousel {
namespace {

using test::make_model;
using test::make_task;
using test::message_of;
using testing::HasSubstr;

constexpr int series_rows = 100;

/// What stands in a row of the table below: y, x, holiday, wind.
using RowText = std::function<std::string(int row)>;

double load_at(int row) {
  return 10.0 + 3.0 * std::sin(2.0 * std::numbers::pi * row / 4.0) + row * row % 7;
}

std::string load_row(int row) {
  return fmt::format("{},{},{},{}", load_at(row), row % 5, row % 3 == 0 ? 1.5 : 0.5, row % 2 ? "NW" : "SE");
}

/// A hundred rows, of which 70, 15 and 15 are the parts.
class LoadTable {
 public:
  explicit LoadTable(const RowText& row = load_row, const std::string& header = "y,x,holiday,wind") {
    std::string text = header + "\n";
    for (int i = 0; i < series_rows; ++i) text += row(i) + "\n";
    path_ = folder_.write("load.csv", text).string();
  }

  std::unique_ptr<Task> task(std::map<std::string, SettingValue> more = {},
                             const TaskContext& context = {}) const {
    more.merge(std::map<std::string, SettingValue>{
        {"data", path_}, {"target", std::string("y")}, {"horizon", 2L}, {"window", 6L}, {"batch", 8L}});
    return make_task("series", more, context);
  }

 private:
  test::TemporaryFolder folder_;
  std::string path_;
};

std::map<std::string, SettingValue> said(const std::string& name, SettingValue value) {
  return {{name, std::move(value)}};
}

std::map<std::string, torch::Tensor> weights_after_training(const Task& task) {
  torch::manual_seed(1);
  SequenceModel model(task.facts(), {.hidden = 6}, CellRegistry::with_built_in());
  Trainer(task, model, {.updates = 15, .validate_every = 0, .optimiser = {.lr = 0.01}}).run();
  std::map<std::string, torch::Tensor> weights;
  for (const auto& parameter : model.named_parameters())
    weights[parameter.key()] = parameter.value().detach().clone();
  return weights;
}

TEST(Series, HasTheSameTrainedWeightsWhateverValidationAndTestRowsHold) {
  const LoadTable table,
      other([](int row) { return row < 70 ? load_row(row) : fmt::format("{},{},,NE", 1e3 * row, -row); });
  auto settings = said("relative", std::string("last"));  // auto asks the validation part
  settings["scaling"] = std::string("robust");
  const auto a = table.task(settings), b = other.task(settings);
  EXPECT_EQ(a->schema(), b->schema());
  const auto weights = weights_after_training(*a);
  for (const auto& [name, weight] : weights_after_training(*b))
    EXPECT_TRUE(weight.equal(weights.at(name))) << name;
  EXPECT_FALSE(a->batch(Split::valid, 0).input.equal(b->batch(Split::valid, 0).input));
}

TEST(Series, ReadsACategoryThatTrainingDidNotHaveAtAPlaceOfItsOwn) {
  const LoadTable table([](int row) { return row < 90 ? load_row(row) : fmt::format("{},1,1,NE", row); });
  const auto task = table.task();  // y, x, holiday, then the unknown wind, NW, SE
  ASSERT_EQ(task->facts().input_size, 6);
  const auto first = task->batch(Split::test, 0).input.select(1, 0);  // rows 85 to 90
  EXPECT_TRUE(first[0].slice(0, 3).equal(torch::tensor({0.0F, 1.0F, 0.0F}))) << "row 85 is NW";
  EXPECT_TRUE(first[5].slice(0, 3).equal(torch::tensor({1.0F, 0.0F, 0.0F}))) << "row 90 is NE";
}

TEST(Series, NamesTheColumnsOfItsCategoriesWhereTheyAreEmbedded) {
  const LoadTable table;
  EXPECT_TRUE(table.task()->facts().embedded.empty());
  const auto task = table.task(said("embed", 4L));  // y, x, holiday, then the unknown wind, NW, SE
  EXPECT_EQ(task->facts().embedded, (std::vector<EmbeddedColumns>{{.first = 3, .count = 3, .size = 4}}));
  EXPECT_TRUE(task->batch(Split::test, 0).input.equal(table.task()->batch(Split::test, 0).input))
      << "batches stay one-hot";
  auto numbers = said("embed", 4L);
  numbers["inputs"] = std::string("y,x");
  EXPECT_THAT(message_of([&] { table.task(numbers); }),
              HasSubstr("--embed is 4, but no input is a category"));
}

/// A test part that begins with row 85, whose first window reads rows 85 to 90 and forecasts 91 and 92.
TEST(Series, ReadsOfTheRowsToComeNothingButWhatIsKnownAhead) {
  const auto with = [](double y, double x, double holiday) {
    return [=](int row) {
      return row == 91 || row == 92 ? fmt::format("{},{},{},SE", y, x, holiday) : load_row(row);
    };
  };
  const auto settings = said("known-ahead", std::string("holiday"));
  const auto first_window = [&](const LoadTable& table) {
    return table.task(settings)->batch(Split::test, 0).input.select(1, 0).clone();
  };
  const auto input = first_window(LoadTable(with(1, 2, 0.5)));
  EXPECT_EQ(input.size(0), 8) << "a window of 6 and a horizon of 2";
  EXPECT_TRUE(input.equal(first_window(LoadTable(with(500, -40, 0.5)))));
  EXPECT_FALSE(input.equal(first_window(LoadTable(with(1, 2, 1.5)))));
  EXPECT_TRUE(input.select(1, -1).equal(torch::tensor({0.0F, 0.0F, 0.0F, 0.0F, 0.0F, 0.0F, 1.0F, 1.0F})))
      << "a flag says which rows are to come";
}

/// The RMSE over all test windows of an answer h rows after `last`, the last row that is read.
double rmse_by_hand(const std::function<double(int last, int h)>& answer) {
  double squares = 0.0;
  int count = 0;
  for (int last = 85 + 5; last + 2 < series_rows; ++last) {
    for (int h = 1; h <= 2; ++h, ++count) squares += std::pow(load_at(last + h) - answer(last, h), 2);
  }
  return std::sqrt(squares / count);
}

double mean_of_rows(int first, int end) {
  double sum = 0.0;
  for (int i = first; i < end; ++i) sum += load_at(i) / (end - first);
  return sum;
}

TEST(Series, ForecastsWithZeroWeightsWhatItIsRelativeTo) {
  const auto last = [](int row, int) { return load_at(row); };
  const auto season = [](int row, int h) { return load_at(row + h - 4); };
  const std::map<std::string, std::function<double(int, int)>> answers{
      {"last", last},
      {"season", season},
      {"both", [&](int row, int h) { return 0.5 * (last(row, h) + season(row, h)); }},
      {"window", [](int row, int) { return mean_of_rows(row - 5, row + 1); }},
      {"none", [](int, int) { return mean_of_rows(0, 70); }}};
  const LoadTable table;
  double best = 1e9;
  for (const auto& [relative, answer] : answers) {
    auto settings = said("relative", relative);
    settings["season"] = 4L;
    const auto task = table.task(settings);
    const auto model = make_model(*task);
    test::silence_head(*model);
    const double expected = rmse_by_hand(answer);
    EXPECT_NEAR(evaluate(*task, *model, Split::test).metric(), expected, 1e-4) << relative;
    best = std::min(best, expected);
  }
  EXPECT_NEAR(table.task(said("season", 4L))->baseline(Split::test).metric, best, 1e-4);
}

TEST(Series, TakesTheMeanOfTheWindowsWholeSeasonsFromForecastsAndInputs) {
  auto settings = said("relative", std::string("seasons"));
  settings["season"] = 3L;
  settings["window"] = 7L;  // two seasons and a row before them
  const auto task = LoadTable().task(settings);
  const auto model = make_model(*task);
  test::silence_head(*model);
  double squares = 0.0;
  int count = 0;
  for (int last = 85 + 6; last + 2 < series_rows; ++last) {
    for (int h = 1; h <= 2; ++h, ++count)
      squares += std::pow(load_at(last + h) - 0.5 * (load_at(last + h - 3) + load_at(last + h - 6)), 2);
  }
  EXPECT_NEAR(evaluate(*task, *model, Split::test).metric(), std::sqrt(squares / count), 1e-4);

  const auto input = task->batch(Split::test, 0).input.select(2, 0).select(1, 0);  // y of the first window
  EXPECT_TRUE(input.narrow(0, 1, 3).allclose(-input.narrow(0, 4, 3), 1e-4, 1e-6)) << input;
  const double unit = (load_at(86) - load_at(89)) / 2.0 / input[1].item<double>();
  EXPECT_NEAR((load_at(85) - load_at(88)) / unit, (input[0] - input[3]).item<double>(), 1e-4);
}

TEST(Series, AddsUpDifferencesFromTheLastValue) {
  const LoadTable table;
  auto settings = said("difference", true);
  settings["scaling"] = std::string("none");
  const auto task = table.task(settings);
  const auto model = make_model(*task);
  test::silence_head(*model);
  EXPECT_NEAR(evaluate(*task, *model, Split::test).metric(),
              rmse_by_hand([](int last, int) { return load_at(last); }), 1e-4);
  const torch::NoGradGuard no_grad;
  for (auto& parameter : model->named_parameters()) {
    if (parameter.key() == "head.bias") parameter.value().copy_(torch::tensor({0.25, 0.5}));
  }
  const double steps = rmse_by_hand([](int last, int h) { return load_at(last) + (h == 1 ? 0.25 : 0.75); });
  EXPECT_NEAR(evaluate(*task, *model, Split::test).metric(), steps, 1e-4);
}

TEST(Series, AnswersQuantilesOfEachRowToComeInTheirOrder) {
  const LoadTable table;
  auto settings = said("loss", std::string("quantile"));
  settings["relative"] = settings["scaling"] = std::string("none");
  const auto task = table.task(settings);
  ASSERT_EQ(task->facts().output_size, 6);
  const auto batch = task->batch(Split::test, 0);
  const auto output = torch::arange(6, torch::kDouble).repeat({batch.sequences(), 1});
  Answers answers;
  dynamic_cast<const TableTask&>(*task).add_answers(output, batch, Split::test, answers);
  EXPECT_EQ(answers.quantiles, (std::vector<double>{0.1, 0.5, 0.9}));
  for (std::size_t h = 0; h < 2; ++h) {
    EXPECT_EQ(answers.rows[h].horizon, static_cast<std::int64_t>(h) + 1);
    EXPECT_EQ(answers.rows[h].answer, 3.0 * static_cast<double>(h) + 1.0) << "the median";
    EXPECT_EQ(answers.rows[h].truth, load_at(91 + static_cast<int>(h)));
    for (std::size_t q = 0; q < 3; ++q) EXPECT_EQ(answers.more[3 * h + q], static_cast<double>(3 * h + q));
  }
}

TEST(Series, AnswersQuantilesThatRiseWhateverTheNetworkSays) {
  const LoadTable table;
  auto settings = said("loss", std::string("quantile"));
  settings["relative"] = settings["scaling"] = std::string("none");
  const auto task = table.task(settings);
  const auto batch = task->batch(Split::test, 0);
  const auto output =
      torch::tensor({3.0, 1.0, 2.0, 6.0, 5.0, 4.0}, torch::kDouble).repeat({batch.sequences(), 1});
  Answers answers;
  dynamic_cast<const TableTask&>(*task).add_answers(output, batch, Split::test, answers);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(answers.more[i], static_cast<double>(i + 1));
  EXPECT_EQ(answers.rows[0].answer, 2.0);
  EXPECT_EQ(answers.rows[1].answer, 5.0);
}

TEST(Series, CountsNoMissingTargetInLossOrScore) {
  const LoadTable table([](int row) { return row == 92 ? ",1,1,SE" : load_row(row); });
  const auto task = table.task(said("relative", std::string("last")));
  const auto batch = test::in_double(task->batch(Split::test, 0));
  const double all = 2.0 * static_cast<double>(batch.sequences());
  EXPECT_EQ(task->loss_count(batch), all - 2.0) << "row 92 is forecast one and two rows before";
  const auto output = torch::zeros({batch.sequences(), 2}, torch::dtype(torch::kDouble).requires_grad(true));
  task->loss(output, batch).backward();
  EXPECT_EQ(output.grad()[0][1].item<double>(), 0.0);
  EXPECT_NE(output.grad()[0][0].item<double>(), 0.0);
  EXPECT_TRUE(output.grad().isfinite().all().item<bool>());
}

TEST(Series, CountsNoStepOfTheBurnInAndWeighsClassesAsTorchDoes) {
  const LoadTable table([](int row) { return fmt::format("{},{}", row % 4 == 0 ? "a" : "b", row % 9); },
                        "y,x");
  auto settings = said("class-weights", std::string("balanced"));
  settings.merge(said("horizon", 0L));
  settings.merge(said("burn-in", 3L));
  settings.merge(said("predict", std::string("step")));
  const auto task = table.task(settings);
  const auto batch = test::in_double(task->batch(Split::valid, 0));
  EXPECT_TRUE((batch.target.narrow(0, 0, 3) == -1).all().item<bool>());
  const auto output = torch::randn({batch.steps(), batch.sequences(), 2}, torch::kDouble);
  // Training counts rows 3 to 69.
  double a = 0.0;
  for (int row = 3; row < 70; ++row) a += row % 4 == 0 ? 1.0 : 0.0;
  const auto weights = torch::tensor({67.0 / (2.0 * a), 67.0 / (2.0 * (67.0 - a))}, torch::kDouble);
  const auto expected = torch::cross_entropy_loss(output.flatten(0, 1), batch.target.flatten(), weights,
                                                  at::Reduction::Mean, -1);
  EXPECT_NEAR(task->loss(output, batch).item<double>(), expected.item<double>(), 1e-12);
}

TEST(Series, RefusesWhatDoesNotGoTogetherInASentence) {
  const LoadTable table;
  const auto refusal = [&](std::map<std::string, SettingValue> more) {
    return message_of([&] { table.task(std::move(more)); });
  };
  EXPECT_THAT(refusal(said("target", std::string(""))), HasSubstr("give --target NAME"));
  EXPECT_THAT(refusal(said("loss", std::string("binary"))), HasSubstr("--loss binary is of classes"));
  EXPECT_THAT(refusal(said("calendar", std::string("hours"))), HasSubstr("did you mean 'hour'?"));
  EXPECT_THAT(refusal(said("relative", std::string("season"))), HasSubstr("give --season N"));
  EXPECT_THAT(refusal(said("window", 60L)),
              HasSubstr("one window and what it forecasts need 62 without a gap"));
  auto both = said("difference", true);
  both["relative"] = std::string("season");
  EXPECT_THAT(refusal(both), HasSubstr("leave one of them out"));
  auto quantiles = said("loss", std::string("quantile"));
  for (const char* wrong : {"0.5,0.1", "0,0.5", "a", "1.5"}) {
    quantiles["quantiles"] = std::string(wrong);
    EXPECT_THAT(refusal(quantiles), HasSubstr("rising numbers above 0 and below 1")) << wrong;
  }
}

}  // namespace
}  // namespace carousel
