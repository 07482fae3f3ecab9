// classify: other tables read by a run's schema, and answers.
#include <cmath>

#include <nlohmann/json.hpp>

#include "carousel/tasks/table_task.h"

#include "tasks/text_table.h"

namespace carousel {
namespace {

using nlohmann::json;
using test::by_column;
using test::few_rows;
using test::message_of;
using test::TextTable;
using test::TextTokens;
using test::tokens_at;
using testing::HasSubstr;

TEST(Classify, ReadsAnotherTableByTheSchemaOfARun) {
  const TextTable table(few_rows), other("text,label\nb d,two\nzebra,one\na,two\nb,one\n");
  const auto schema = table.task(by_column)->schema();
  const auto task =
      other.task({{"split", std::string("0.5,0.5,0")}}, {.memory = {.schema = schema}, .measured = true});
  EXPECT_EQ(task->schema(), schema);
  EXPECT_EQ(task->facts().input_size, 5);
  EXPECT_DOUBLE_EQ(task->baseline(Split::valid).metric, 0.5) << "the commonest class is the run's";
}

Answers answers_of(const Task& task, const torch::Tensor& output) {
  Answers answers;
  dynamic_cast<const TableTask&>(task).add_answers(output, task.batch(Split::test, 0), Split::test, answers);
  return answers;
}

TEST(Classify, AnswersEveryRowOfATableWithoutLabels) {
  const TextTable table(few_rows), other("text\nb d\n\"zebra, a\"\n");
  const TaskContext context{
      .memory = {.schema = table.task(by_column)->schema()}, .measured = true, .answer_every = -1};
  const auto task = other.task(by_column, context);
  EXPECT_EQ(task->batches(Split::train) + task->batches(Split::valid), 0);
  const auto batch = task->batch(Split::test, 0);
  EXPECT_EQ(tokens_at(batch, 0), (TextTokens{2, 4}));
  EXPECT_EQ(tokens_at(batch, 1), (TextTokens{0, 1}));
  const auto answers = answers_of(*task, torch::tensor({{0.0, std::log(3.0)}, {1.0, 0.0}}, torch::kDouble));
  EXPECT_EQ(answers.classes, (std::vector<std::string>{"one", "two"}));
  ASSERT_EQ(answers.rows.size(), 2u);
  EXPECT_EQ(answers.rows[0].answer, 1.0);
  EXPECT_EQ(answers.rows[1].answer, 0.0);
  EXPECT_EQ(answers.rows[1].row, 1);
  EXPECT_TRUE(std::isnan(answers.rows[0].truth));
  EXPECT_NEAR(answers.more[0], 0.25, 1e-15);
  EXPECT_NEAR(answers.more[1], 0.75, 1e-15);
}

TEST(Classify, KnowsTheTruthOfAnsweredRowsWhereItIsAClassOfTheRun) {
  const TextTable table(few_rows), other("text,label\na,two\na,three\na,\n");
  const TaskContext context{
      .memory = {.schema = table.task(by_column)->schema()}, .measured = true, .answer_every = 0};
  const auto answers = answers_of(*other.task(by_column, context), torch::zeros({3, 2}));
  EXPECT_EQ(answers.rows[0].truth, 1.0);
  EXPECT_TRUE(std::isnan(answers.rows[1].truth));
  EXPECT_TRUE(std::isnan(answers.rows[2].truth));
}

TEST(Classify, RefusesADamagedSchemaOfARun) {
  const TextTable table(few_rows);
  const auto whole = json::parse(table.task(by_column)->schema());
  const auto refusal = [&](const json& schema) {
    return message_of([&] { table.task(by_column, {.memory = {.schema = schema.dump()}}); });
  };
  EXPECT_THAT(refusal(json::array()), HasSubstr("schema.json is damaged"));
  for (const char* key : {"text", "label", "vocabulary", "classes", "counts"}) {
    auto without = whole, wrong = whole;
    without.erase(key);
    wrong[key] = 7;
    EXPECT_THAT(refusal(without), HasSubstr("schema.json is damaged")) << key;
    EXPECT_THAT(refusal(wrong), HasSubstr("schema.json is damaged")) << key;
  }
  auto twice = whole, few = whole;
  twice["classes"] = {"one", "one"};
  few["counts"] = {3};
  EXPECT_THAT(refusal(twice), HasSubstr("not two or more different"));
  EXPECT_THAT(refusal(few), HasSubstr("number of rows of each class"));
}

}  // namespace
}  // namespace carousel
