// A table is learnt from, evaluated and answered: in the unit of the data, as a whole and line by line.
#include <cmath>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "apps/carousel/run_command.h"

namespace carousel {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Rows = std::vector<std::vector<std::string>>;

/// Hourly rows of a wave, its double and a category, from a start on; `edit` changes the line of a row.
template <class Edit> std::string wave(int rows, Edit edit) {
  std::string table = "date,load,wind,sky\n";
  for (int i = 0; i < rows; ++i) {
    const std::string hour = i % 24 < 10 ? "0" + std::to_string(i % 24) : std::to_string(i % 24);
    const std::string day = i / 24 + 1 < 10 ? "0" + std::to_string(i / 24 + 1) : std::to_string(i / 24 + 1);
    table +=
        edit(i, "2024-01-" + day + " " + hour + ":00:00," + std::to_string(100 + 10 * std::sin(i * 0.7)) +
                    "," + std::to_string(i * i % 13) + (i % 5 ? ",clear" : ",rain")) +
        "\n";
  }
  return table;
}

std::string as_it_is(int, const std::string& line) {
  return line;
}

Rows rows_of(const std::string& csv) {
  Rows rows;
  std::istringstream lines(csv);
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string>& row = rows.emplace_back();
    std::istringstream fields(line);
    for (std::string field; std::getline(fields, field, ',');) row.push_back(field);
    if (line.ends_with(',')) row.emplace_back();
  }
  return rows;
}

std::vector<std::string> training(std::vector<std::string> more) {
  std::vector<std::string> words{"train",     "series", "--data",      "wave.csv", "--target",         "load",
                                 "--time",    "date",   "--horizon",   "3",        "--window",         "12",
                                 "--hidden",  "6",      "--train-for", "12u",      "--validate-every", "6u",
                                 "--threads", "1",      "--calendar",  "hour",     "--name",           "w",
                                 "--quiet"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

class Predict : public ::testing::Test {
 protected:
  void SetUp() override { put(scratch_ / "wave.csv", wave(300, as_it_is)); }

  void train(std::vector<std::string> more = {}) {
    const Outcome outcome = scratch_.run(training(std::move(more)));
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  }

  Outcome predict(std::vector<std::string> more, const std::string& input = "") const {
    more.insert(more.begin(), {"predict", "runs/w"});
    return scratch_.run(more, {.input = input});
  }

  Scratch scratch_;
};

TEST_F(Predict, ForecastsEveryRowOnceAndBeyondTheEnd) {
  train();
  const Outcome outcome = predict({"--data", "wave.csv", "--output", "f.csv", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Rows rows = rows_of(content_of(scratch_ / "f.csv"));
  EXPECT_EQ(rows[0], (std::vector<std::string>{"date", "from", "horizon", "truth", "prediction"}));
  ASSERT_EQ(rows.size(), 1u + 3 * 97);               // origins 299, 296, ... 11
  EXPECT_EQ(rows.back()[0], "2024-01-13 14:00:00");  // three hours after the last row
  EXPECT_EQ(rows.back()[3], "");
  double squares = 0.0, count = 0.0;
  for (std::size_t i = 1; i + 3 < rows.size(); ++i) {
    const double off = std::stod(rows[i][3]) - std::stod(rows[i][4]);
    squares += off * off, count += 1;
  }
  const json scores = json::parse(outcome.out)["scores"]["targets"][0];
  EXPECT_EQ(scores["count"], count);
  EXPECT_NEAR(scores["mse"].get<double>(), squares / count, 1e-9 * squares / count);
}

TEST_F(Predict, AnswersLineByLineWhatItAnswersToTheTable) {
  train({"--missing-mask", "--relative", "both", "--season", "6"});
  put(scratch_ / "new.csv", wave(80, [](int i, const std::string& line) {
        return i == 30 ? line.substr(0, 20) + ",7,clear" : line;  // no load in one row
      }));
  const Outcome whole = predict({"--data", "new.csv", "--every", "1"}),
                lines = predict({"--follow"}, "new.csv");
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  ASSERT_EQ(lines.exit_code, 0) << lines.err;
  std::map<std::string, double> expected;
  for (const auto& row : rows_of(whole.out)) {
    if (row[0] != "date") expected[row[1] + "/" + row[2]] = std::stod(row.back());
  }
  const Rows answered = rows_of(lines.out);
  EXPECT_EQ(answered[0], (std::vector<std::string>{"date", "prediction_1", "prediction_2", "prediction_3"}));
  ASSERT_EQ(answered.size(), 81u);
  std::size_t compared = 0;
  for (std::size_t i = 1; i < answered.size(); ++i) {
    for (std::size_t h = 1; h <= 3; ++h) {
      const auto found = expected.find(answered[i][0] + "/" + std::to_string(h));
      ASSERT_EQ(found == expected.end(), answered[i][h].empty()) << i;
      if (found == expected.end()) continue;
      EXPECT_NEAR(std::stod(answered[i][h]), found->second, 1e-6 * std::abs(found->second)) << i;
      ++compared;
    }
  }
  EXPECT_EQ(compared, 3u * 69);
}

TEST_F(Predict, GoesOnFromItsOwnForecasts) {
  train({"--inputs", "load"});
  const Outcome once = predict({"--data", "wave.csv", "--every", "0"}),
                further = predict({"--data", "wave.csv", "--rollout", "7"});
  ASSERT_EQ(further.exit_code, 0) << further.err;
  const Rows first = rows_of(once.out), all = rows_of(further.out);
  ASSERT_EQ(first.size(), 4u);
  ASSERT_EQ(all.size(), 8u);
  for (std::size_t i = 1; i < 4; ++i) EXPECT_EQ(all[i].back(), first[i].back());
  // the table with the first three forecasts below it
  put(scratch_ / "longer.csv", content_of(scratch_ / "wave.csv") + first[1][0] + "," + first[1].back() +
                                   ",,\n" + first[2][0] + "," + first[2].back() + ",,\n" + first[3][0] + "," +
                                   first[3].back() + ",,\n");
  const Rows second = rows_of(predict({"--data", "longer.csv", "--every", "0"}).out);
  for (std::size_t i = 1; i < 4; ++i) EXPECT_EQ(all[i + 3].back(), second[i].back());
  EXPECT_EQ(all[7][2], "7");
}

TEST_F(Predict, ThatEvaluatesWritesEveryAnswerWithItsTruth) {
  train({"--loss", "quantile", "--quantiles", "0.1,0.5,0.9"});
  const Outcome outcome =
      scratch_.run({"eval", "runs/w", "--split", "test", "--predictions", "p.csv", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Rows rows = rows_of(content_of(scratch_ / "p.csv"));
  EXPECT_EQ(rows[0], (std::vector<std::string>{"date", "from", "horizon", "truth", "prediction", "q0.1",
                                               "q0.5", "q0.9"}));
  EXPECT_EQ(rows.size(), 1u + 3 * 31);  // 45 test rows hold 31 windows
  double loss = 0.0;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i][4], rows[i][6]);
    const double off = std::stod(rows[i][3]) - std::stod(rows[i][7]);
    loss += std::max(0.9 * off, -0.1 * off) / static_cast<double>(rows.size() - 1);
  }
  EXPECT_NEAR(json::parse(outcome.out)["scores"]["targets"][0]["pinball"]["0.9"].get<double>(), loss, 1e-9);
}

// Scaling on all rows, as many do, would let the test rows reach the weights.
TEST_F(Predict, LearnsTheSameWhateverTheTestRowsAre) {
  train();
  const std::string weights = content_of(scratch_ / "runs/w/checkpoints/last/model.safetensors");
  const std::string schema = content_of(scratch_ / "runs/w/schema.json");
  put(scratch_ / "wave.csv", wave(300, [](int i, const std::string& line) {
        return i < 255 ? line : line.substr(0, 20) + std::to_string(1e6 * i) + ",99,storm";
      }));
  train({"--overwrite"});
  EXPECT_EQ(content_of(scratch_ / "runs/w/checkpoints/last/model.safetensors"), weights);
  EXPECT_EQ(content_of(scratch_ / "runs/w/schema.json"), schema);
}

TEST_F(Predict, NamesTheClassOfEverySequence) {
  std::string table = "id,x,up\n";
  for (int g = 0; g < 40; ++g) {
    for (int i = 0; i < 6; ++i)
      table += std::to_string(g) + "," + std::to_string(g % 2 ? i : -i) + (g % 2 ? ",yes\n" : ",no\n");
  }
  put(scratch_ / "wave.csv", table);
  const Outcome trained = scratch_.run({"train", "series", "--data", "wave.csv", "--group", "id", "--target",
                                        "up", "--hidden", "6", "--train-for", "120u", "--validate-every",
                                        "40u", "--lr", "0.02", "--name", "w", "--quiet"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  put(scratch_ / "new.csv", "id,x\na,0\na,1\na,2\nb,0\nb,-1\nb,-2\n");
  const Outcome outcome = predict({"--data", "new.csv"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Rows rows = rows_of(outcome.out);
  EXPECT_EQ(rows[0], (std::vector<std::string>{"row", "id", "prediction", "p_no", "p_yes"}));
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[1][2], "yes");
  EXPECT_EQ(rows[2][2], "no");
  EXPECT_NEAR(std::stod(rows[1][3]) + std::stod(rows[1][4]), 1.0, 1e-6);
  const Rows lines = rows_of(predict({"--follow"}, "new.csv").out);
  ASSERT_EQ(lines.size(), 7u);
  EXPECT_EQ(lines[3][1], "yes");
  EXPECT_EQ(lines[6][1], "no");
}

TEST_F(Predict, RefusesATableThatLacksAColumnByItsName) {
  train();
  put(scratch_ / "new.csv", "date,load,wnd,sky\n2024-01-01,1,2,clear\n");
  for (const auto& outcome :
       {predict({"--data", "new.csv", "--output", "f.csv"}), predict({"--follow"}, "new.csv")}) {
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_EQ(outcome.error_lines(), 1u) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("'wind'"));
    EXPECT_THAT(outcome.err, HasSubstr("did you mean 'wnd'?"));
  }
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "f.csv"));
}

TEST_F(Predict, RefusesWhatDoesNotGoTogether) {
  train();
  EXPECT_THAT(predict({}).err, HasSubstr("--data FILE, or --follow"));
  EXPECT_THAT(predict({"--follow", "--data", "wave.csv"}).err, HasSubstr("give one of them"));
  EXPECT_THAT(predict({"--follow", "--output", "x"}).err, HasSubstr("leave --output out"));
  EXPECT_THAT(predict({"--data", "wave.csv", "--keep-state"}).err, HasSubstr("--keep-state is for --follow"));
  put(scratch_ / "new.csv", wave(10, as_it_is));
  EXPECT_THAT(predict({"--data", "new.csv"}).err, HasSubstr("has 10 rows, and no run of 12"));
  EXPECT_THAT(scratch_.run(tiny_training()).err, HasSubstr("runs/tiny"));
  EXPECT_THAT(scratch_.run({"predict", "runs/tiny", "--data", "wave.csv"}).err, HasSubstr("tables"));
}

}  // namespace
}  // namespace carousel
