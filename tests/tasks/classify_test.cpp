// classify: splits, vocabulary, tokens, losses and what is refused.
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "carousel/data/random.h"
#include "carousel/train/evaluate.h"

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

/// 300 texts of three to nine words, of the class yes where "sun" is one of them.
std::string whether_sun(const std::string& unseen = "") {
  std::string table = "part,text,label\n";
  Random random({.seed = 5}, 1);
  for (int i = 0; i < 300; ++i) {
    const std::string part = i < 200 ? "train" : i < 250 ? "valid" : "test";
    const int words = 3 + random.below(7), at = random.below(words);
    const bool sun = i % 2 == 0;
    std::string text;
    for (int k = 0; k < words; ++k) text += sun && k == at ? "sun " : fmt::format("w{} ", random.below(12));
    table += fmt::format("{},{}{},{}\n", part, text, part == "test" ? unseen : "", sun ? "yes" : "no");
  }
  return table;
}

std::map<std::string, torch::Tensor> trained_weights(const Task& task, std::int64_t updates = 12) {
  torch::manual_seed(1);
  SequenceModel model(task.facts(), {.hidden = 8, .embedding = 4}, CellRegistry::with_built_in());
  Trainer(task, model, {.updates = updates, .validate_every = 0, .optimiser = {.lr = 0.01}}).run();
  std::map<std::string, torch::Tensor> weights;
  for (const auto& parameter : model.named_parameters())
    weights[parameter.key()] = parameter.value().detach().clone();
  return weights;
}

TEST(Classify, LearnsWhetherAWordOccursInATextToAnAccuracyOfOne) {
  const TextTable table(whether_sun());
  const auto task = table.task(by_column);
  torch::manual_seed(1);
  SequenceModel model(task->facts(), {.cell = "gru", .hidden = 16, .embedding = 8},
                      CellRegistry::with_built_in());
  EXPECT_LT(evaluate(*task, model, Split::test).metric(), 0.8);
  Trainer(*task, model, {.updates = 400, .validate_every = 0, .optimiser = {.lr = 0.01}}).run();
  EXPECT_EQ(evaluate(*task, model, Split::test).metric(), 1.0);
}

TEST(Classify, HasTheSameTrainedWeightsWhateverTheTestRowsSay) {
  const TextTable table(whether_sun()), other(whether_sun("never seen before "));
  const auto a = table.task(by_column), b = other.task(by_column);
  EXPECT_EQ(a->schema(), b->schema());
  const auto weights = trained_weights(*a);
  for (const auto& [name, weight] : trained_weights(*b)) EXPECT_TRUE(weight.equal(weights.at(name))) << name;
  EXPECT_FALSE(a->batch(Split::test, 0).input.equal(b->batch(Split::test, 0).input));
}

TEST(Classify, DrawsTheSameRowsToValidateOnWhateverTheFileOfTestRowsHolds) {
  const TextTable table(whether_sun());
  std::vector<std::unique_ptr<Task>> tasks;
  for (const std::string& content :
       {std::string("text,label\nsun,yes\n"), std::string("text,label\nw1,no\nw2,no\nw3,no\n")})
    tasks.push_back(table.task({{"test-data", table.write("test.csv", content)}}));
  EXPECT_EQ(tasks[0]->schema(), tasks[1]->schema());
  for (const auto split : {Split::train, Split::valid}) {
    ASSERT_EQ(tasks[0]->batches(split), tasks[1]->batches(split));
    EXPECT_TRUE(tasks[0]->batch(split, 0).input.equal(tasks[1]->batch(split, 0).input));
  }
  EXPECT_EQ(tasks[0]->batches(Split::valid), 6) << "45 of 300 rows are 0.15";
  EXPECT_EQ(tasks[1]->batch(Split::test, 0).sequences(), 3);
}

TEST(Classify, ReadsWordsAsPlacesOfTheTrainingPartsVocabularyTheCommonestFirst) {
  const TextTable table(few_rows);
  const auto task = table.task(by_column);
  EXPECT_EQ(task->facts().input_size, 5) << "a, b, c, d and the unknown word";
  EXPECT_EQ(task->facts().output_size, 2);
  EXPECT_TRUE(task->facts().tokens);
  const Batch valid = task->batch(Split::valid, 0), test = task->batch(Split::test, 0);
  EXPECT_EQ(tokens_at(valid, 0), (TextTokens{1, 0})) << "x is not known";
  EXPECT_EQ(tokens_at(valid, 1), (TextTokens{2}));
  EXPECT_TRUE(valid.target.equal(torch::tensor({1, 0, 1}, torch::kInt64)));
  EXPECT_EQ(tokens_at(test, 0), (TextTokens{0})) << "no text at all";
  EXPECT_EQ(tokens_at(test, 1), (TextTokens{4, 3, 2, 1}));
  EXPECT_THAT(task->notes(), testing::Contains(HasSubstr("1 of 9 texts have no words")));
}

TEST(Classify, ReadsCharactersAsTheyStandWhereTheyAreAskedFor) {
  const TextTable table(few_rows);
  auto settings = by_column;
  settings["unit"] = std::string("characters");
  const auto task = table.task(settings);
  EXPECT_EQ(task->facts().input_size, 7) << "a, space, b, C, !, d and the unknown one";
  EXPECT_EQ(tokens_at(task->batch(Split::valid, 0), 0).size(), 3u);
}

TEST(Classify, CutsTextsThatAreLongerThanTheLongestAndSaysSo) {
  const TextTable table(few_rows);
  auto settings = by_column;
  settings["longest"] = 2L;
  const auto task = table.task(settings);
  EXPECT_EQ(tokens_at(task->batch(Split::test, 0), 1), (TextTokens{4, 3}));
  EXPECT_THAT(task->notes(), testing::Contains(HasSubstr("2 of 9 texts are longer than 2 words")));
  settings["longest"] = 0L;
  EXPECT_EQ(table.task(settings)->batch(Split::test, 0).steps(), 4);
}

TEST(Classify, KeepsTheCommonestWordsThatComeOftenEnough) {
  const TextTable table(few_rows);
  auto settings = by_column;
  settings["vocabulary"] = 1L;
  EXPECT_EQ(table.task(settings)->facts().input_size, 2);
  settings["vocabulary"] = 100L;
  settings["min-count"] = 2L;
  EXPECT_EQ(table.task(settings)->facts().input_size, 3) << "a and b";
}

TEST(Classify, AnswersAsTheSameModelWhateverElseIsInTheBatch) {
  const TextTable table(few_rows);
  auto settings = by_column;
  const auto together = table.task(settings);
  settings["batch"] = 1L;
  const auto alone = table.task(settings);
  const auto model = test::make_model(*together);
  const auto all = model->predict(together->batch(Split::valid, 0), {}, 0).output;
  for (std::int64_t i = 0; i < 3; ++i) {
    const auto one = model->predict(alone->batch(Split::valid, i), {}, 0).output;
    EXPECT_LT(test::distance(all[i], one[0]), 1e-14) << i;
  }
}

TEST(Classify, TakesNumbersAsClassesAndSplitsEachInItsShare) {
  std::string content = "text,label\n";
  for (int i = 0; i < 100; ++i) content += fmt::format("w{},{}\n", i, i % 5 + 1);
  const TextTable table(content);
  const auto task = table.task({{"batch", 100L}});
  EXPECT_EQ(json::parse(task->schema())["classes"], json({"1", "2", "3", "4", "5"}));
  EXPECT_EQ(json::parse(task->schema())["counts"], json({14, 14, 14, 14, 14}));
  for (const auto split : {Split::valid, Split::test}) {
    const auto counts = task->batch(split, 0).target.bincount();
    EXPECT_TRUE(counts.equal(torch::full({5}, 3, torch::kInt64))) << counts;
  }
}

TEST(Classify, LeavesOutRowsWithoutALabelAndSaysSo) {
  const TextTable table("part,text,label\ntrain,a,x\ntrain,b,\ntrain,c,y\nvalid,a,x\nvalid,a,NA\n");
  const auto task = table.task(by_column);
  EXPECT_EQ(task->batch(Split::train, 0).sequences(), 2);
  EXPECT_EQ(task->batch(Split::valid, 0).sequences(), 1);
  EXPECT_EQ(task->facts().input_size, 3) << "the word b is in no row that is learnt from";
  EXPECT_THAT(task->notes(), testing::Contains(HasSubstr("2 of 5 rows have no label")));
}

TEST(Classify, HasTheShareOfTheCommonestTrainingClassAsItsBaseline) {
  const TextTable table(few_rows);
  const auto task = table.task(by_column);
  EXPECT_DOUBLE_EQ(task->baseline(Split::train).metric, 0.75);
  EXPECT_DOUBLE_EQ(task->facts().baseline, 1.0 / 3.0);
  EXPECT_DOUBLE_EQ(task->baseline(Split::test).metric, 0.5);
  EXPECT_EQ(task->facts().baseline_text,
            "always answering 'one', the commonest class of the training part: 0.333 of the validation part");
}

TEST(Classify, WeighsClassesAsTorchDoesWhenTheyAreToBeBalanced) {
  const TextTable table(few_rows);
  auto settings = by_column;
  settings["class-weights"] = std::string("balanced");
  const auto task = table.task(settings);
  const auto batch = task->batch(Split::train, 0);
  const auto output = torch::randn({4, 2}, torch::kDouble);
  const auto weights = torch::tensor({4.0 / (2 * 3), 4.0 / (2 * 1)}, torch::kDouble);  // three ones, one two
  const auto expected = torch::cross_entropy_loss(output, batch.target, weights);
  EXPECT_NEAR(task->loss(output, batch).item<double>(), expected.item<double>(), 1e-14);
  EXPECT_NEAR(task->loss_count(batch), 4.0, 1e-14) << "3 x 2/3 + 1 x 2";
  EXPECT_NEAR(task->score(output, batch).loss(), expected.item<double>(), 1e-14);
}

TEST(Classify, RefusesWhatItCannotLearnFromInASentence) {
  const auto refusal = [](const std::string& content, std::map<std::string, SettingValue> more = {}) {
    const TextTable table(content);
    return message_of([&] { table.task(std::move(more)); });
  };
  const std::string rows = "text,label\na,x\nb,y\nc,x\nd,y\ne,x\nf,y\ng,x\nh,y\n";
  const auto named = [](const char* setting, const char* value) {
    return std::map<std::string, SettingValue>{{setting, std::string(value)}};
  };
  EXPECT_EQ(refusal(rows, named("text", "")), "classify needs the column of the texts: give --text NAME");
  EXPECT_EQ(refusal(rows, named("label", "")), "classify needs the column of the classes: give --label NAME");
  EXPECT_THAT(refusal(rows, named("label", "text")), HasSubstr("--text and --label both name 'text'"));
  EXPECT_THAT(refusal(rows, named("text", "txt")), HasSubstr("'txt', which is no column of"));
  EXPECT_THAT(refusal(rows, named("text", "txt")), HasSubstr("did you mean 'text'?"));
  EXPECT_THAT(refusal(rows, named("label", "lable")), HasSubstr("did you mean 'label'?"));
  EXPECT_THAT(refusal(rows, named("split", "2013-01-01,2014-01-01")),
              testing::AllOf(HasSubstr("'2013-01-01,2014-01-01', which is no split"),
                             testing::Not(HasSubstr("--group")), testing::Not(HasSubstr("times"))));
  EXPECT_THAT(refusal(rows, named("split", "1,0,0")), HasSubstr("the validation part of"));
  EXPECT_THAT(refusal("text,label\na,x\nb,x\nc,x\nd,x\ne,x\nf,x\ng,x\n"),
              HasSubstr("the label 'label' is 'x' in every training row"));
  EXPECT_THAT(refusal("text,label\na,\nb,\n"), HasSubstr("the label 'label' of"));
  EXPECT_THAT(refusal("text,label\n!,x\n?,y\n.,x\n-,y\n!,x\n;,y\n:,x\n.,y\n"), HasSubstr("hold no words"));
  EXPECT_THAT(
      refusal("part,text,label\ntrain,a,x\ntrain,b,y\nvalid,a,z\n", by_column),
      testing::AllOf(HasSubstr("line 4 of"), HasSubstr("'z' in the label 'label'"), HasSubstr("x, y")));
  std::string many = "text,label\n";
  for (int i = 0; i < 1600; ++i) many += fmt::format("a,{}.5\n", i);
  EXPECT_THAT(refusal(many), testing::AllOf(HasSubstr("different values in the training rows: at most 1000"),
                                            HasSubstr("the task series")));
}

}  // namespace
}  // namespace carousel
