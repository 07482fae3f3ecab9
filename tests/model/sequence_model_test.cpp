#include "carousel/model/sequence_model.h"

#include <torch/nn/modules/rnn.h>

#include "tasks/task_support.h"

namespace carousel {
namespace {

using test::distance;
using test::make_model;
using test::message_of;
using testing::HasSubstr;

class FactsOnly : public Task {
 public:
  explicit FactsOnly(TaskFacts facts) : facts_(std::move(facts)) {}
  const TaskFacts& facts() const override { return facts_; }
  std::int64_t batches(Split) const override { return 0; }
  Batch batch(Split, std::int64_t) const override { return {}; }
  torch::Tensor loss(const torch::Tensor& output, const Batch&) const override { return output; }
  Score score(const torch::Tensor&, const Batch&) const override { return {}; }

 private:
  TaskFacts facts_;
};

FactsOnly features(bool every_step) {
  return FactsOnly({.name = "features",
                    .input_size = 3,
                    .output_size = 2,
                    .every_step = every_step,
                    .metric = "none",
                    .baseline_text = {}});
}

FactsOnly tokens(std::int64_t alphabet) {
  return FactsOnly({.name = "tokens",
                    .tokens = true,
                    .input_size = alphabet,
                    .output_size = alphabet,
                    .every_step = true,
                    .metric = "none",
                    .baseline_text = {}});
}

/// Rows of a number, a category of three, a number, a category of two, and one more number.
FactsOnly categories() {
  return FactsOnly({.name = "categories",
                    .input_size = 8,
                    .embedded = {{1, 3, 2}, {5, 2, 4}},
                    .output_size = 2,
                    .every_step = true,
                    .metric = "none",
                    .baseline_text = {}});
}

/// One-hot rows [T, B, 8] of them, and the numbers of the categories [T, B].
struct CategoryRows {
  torch::Tensor first = torch::randint(0, 3, {7, 2}, torch::kInt64);
  torch::Tensor second = torch::randint(0, 2, {7, 2}, torch::kInt64);
  torch::Tensor numbers = torch::randn({7, 2, 3}, torch::kDouble);

  torch::Tensor rows() const {
    const auto hot = [](const torch::Tensor& category, std::int64_t count) {
      return torch::one_hot(category, count).to(torch::kDouble);
    };
    return torch::cat({numbers.narrow(2, 0, 1), hot(first, 3), numbers.narrow(2, 1, 1), hot(second, 2),
                       numbers.narrow(2, 2, 1)},
                      2);
  }
};

struct Shape {
  const char* cell;
  std::int64_t layers;
  bool bidirectional, every_step;
};

class EveryShape : public testing::TestWithParam<Shape> {};

TEST_P(EveryShape, AnswersFromTheRowsOfItsRecurrentModuleAsItPredicts) {
  const auto [cell, layers, bidirectional, every_step] = GetParam();
  const auto model = make_model(
      features(every_step), {.cell = cell, .hidden = 4, .layers = layers, .bidirectional = bidirectional});
  Batch batch;
  batch.input = torch::randn({7, 5, 3}, torch::kDouble);
  for (const auto& lengths : {torch::Tensor{}, torch::tensor({3, 7, 5, 7, 1}, torch::kInt64)}) {
    batch.lengths = lengths;
    const Packing packing(7, 5, lengths);
    const auto rows = model->recurrent().run(model->read(batch, packing), {}).output;
    EXPECT_LT(distance(model->answer(rows, packing, batch), model->predict(batch, {}, 0).output), 1e-12);
  }
}

TEST_P(EveryShape, RunsABatchOfDifferentLengthsAsItRunsEachSequenceAlone) {
  const auto [cell, layers, bidirectional, every_step] = GetParam();
  const auto model = make_model(
      features(every_step), {.cell = cell, .hidden = 4, .layers = layers, .bidirectional = bidirectional});
  const std::vector<std::int64_t> lengths{3, 7, 5, 7, 1};
  Batch batch;
  batch.input = torch::randn({7, 5, 3}, torch::kDouble);
  batch.lengths = torch::tensor(lengths);
  const auto directions = bidirectional ? 2 : 1;
  std::vector<torch::Tensor> carried;
  for (std::size_t s = 0; s < model->recurrent().facts().states.size(); ++s) {
    carried.push_back(torch::randn({layers * directions, 5, 4}, torch::kDouble));
  }
  const auto together = model->predict(batch, carried, 0);

  for (std::int64_t b = 0; b < 5; ++b) {
    const auto length = lengths[static_cast<std::size_t>(b)];
    Batch one;
    one.input = batch.input.narrow(0, 0, length).narrow(1, b, 1);
    std::vector<torch::Tensor> start;
    for (const auto& state : carried) start.push_back(state.narrow(1, b, 1));
    const auto alone = model->predict(one, start, 0);
    if (every_step) {
      const auto mine = together.output.narrow(1, b, 1);
      EXPECT_LT(distance(mine.narrow(0, 0, length), alone.output), 1e-12);
      EXPECT_EQ(mine.narrow(0, length, 7 - length).abs().sum().item<double>(), 0.0);
    } else {
      EXPECT_LT(distance(together.output.narrow(0, b, 1), alone.output), 1e-12);
    }
    for (std::size_t s = 0; s < alone.states.size(); ++s) {
      EXPECT_LT(distance(together.states[s].narrow(1, b, 1), alone.states[s]), 1e-12);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(SequenceModel, EveryShape,
                         testing::Values(Shape{"lstm", 1, false, true}, Shape{"lstm", 2, false, false},
                                         Shape{"lstm", 2, true, false}, Shape{"gru", 2, true, true},
                                         Shape{"gru", 1, false, false}, Shape{"rnn", 1, true, false},
                                         Shape{"layer-norm-lstm", 2, false, true}));

TEST(SequenceModel, DrawsTheWeightsOfTorchsModulesInTheirOrder) {
  torch::manual_seed(7);
  torch::nn::Embedding embedding(9, 6);
  torch::nn::LSTM lstm(torch::nn::LSTMOptions(6, 5).num_layers(2));
  torch::nn::Linear head(5, 9);
  torch::manual_seed(7);
  SequenceModel model(tokens(9).facts(), {.hidden = 5, .layers = 2, .embedding = 6},
                      CellRegistry::with_built_in());

  std::vector<torch::Tensor> theirs;
  for (const auto& module :
       std::vector<std::shared_ptr<torch::nn::Module>>{embedding.ptr(), lstm.ptr(), head.ptr()}) {
    for (const auto& parameter : module->parameters()) theirs.push_back(parameter);
  }
  const auto ours = model.parameters();
  ASSERT_EQ(ours.size(), theirs.size());
  for (std::size_t i = 0; i < ours.size(); ++i) EXPECT_TRUE(ours[i].equal(theirs[i])) << i;

  Batch batch;
  batch.input = torch::randint(0, 9, {11, 3}, torch::kInt64);
  const auto expected = head(std::get<0>(lstm(embedding(batch.input))));
  EXPECT_LT(distance(model.predict(batch, {}, 0).output, expected), 1e-6);
}

TEST(SequenceModel, RefusesAReverseDirectionThatWouldReadWhatIsToBePredicted) {
  auto facts = tokens(4).facts();
  const auto make = [&] {
    return SequenceModel(facts, {.hidden = 4, .bidirectional = true}, CellRegistry::with_built_in());
  };
  auto remembers = make();
  Batch batch;
  batch.input = torch::zeros({6, 3}, torch::kInt64);
  remembers.predict(batch, {}, 0);
  batch.continues = true;
  EXPECT_THAT(message_of([&] { remembers.predict(batch, {}, 0); }), HasSubstr("leave out --bidirectional"));
  facts.predicts_next = true;
  EXPECT_THAT(message_of(make), testing::AllOf(HasSubstr("--bidirectional was given, but tokens predicts"),
                                               HasSubstr("leave it out")));
}

TEST(SequenceModel, RefusesMoreWeightsThanTheMemoryHoldsBeforeItMakesAny) {
  const auto sized = [](ModelOptions options) {
    return message_of([&] { SequenceModel(tokens(4).facts(), options, CellRegistry::with_built_in()); });
  };
  // lstm: 4 gates of 65,536 units, each of which reads as many, and 4 tokens or as many again
  EXPECT_THAT(sized({.hidden = 65'536, .layers = 1'000}), HasSubstr("about 3.43e+13 weights"));
  EXPECT_THAT(sized({.hidden = std::int64_t{1} << 62}), HasSubstr("weights"));
  EXPECT_THAT(sized({.hidden = 4, .layers = std::int64_t{1} << 62}), HasSubstr("weights"));
}

TEST(SequenceModel, ReadsTokensAsOneHotRows) {
  const auto by_token = make_model(tokens(4)), by_row = make_model(tokens(4));
  Batch batch;
  batch.input = torch::randint(0, 4, {6, 3}, torch::kInt64);
  const auto one_hot = torch::one_hot(batch.input, 4).to(torch::kDouble);
  const auto direct = by_row->recurrent().run_padded(one_hot, {}).second.front();
  EXPECT_EQ(distance(by_token->predict(batch, {}, 0).states.front(), direct), 0.0);
}

TEST(SequenceModel, TakesAnInputForWhatItsShapeAndTypeSayTogether) {
  const auto refusal = [](const Task& task, const ModelOptions& options, const torch::Tensor& input) {
    SequenceModel model(task.facts(), options, CellRegistry::with_built_in());
    return message_of([&] { model.predict(Batch{.input = input}, {}, 0); });
  };
  const auto whole = [](at::IntArrayRef shape) { return torch::ones(shape, torch::kLong); };
  EXPECT_THAT(refusal(features(true), {}, whole({4, 2, 3})), HasSubstr("is Long with 3 features a step"));
  EXPECT_THAT(refusal(tokens(5), {.embedding = 3}, whole({4, 2, 1})),
              HasSubstr("reads tokens, whole numbers [T, B]"));
  EXPECT_THAT(refusal(tokens(5), {.embedding = 3}, torch::ones({4, 2, 5})), HasSubstr("not Float"));
  EXPECT_THAT(refusal(tokens(5), {.embedding = 3}, 5 * whole({4, 2})),
              HasSubstr("has the class 5: it must be from 0 to 4"));
  EXPECT_THAT(refusal(tokens(5), {}, -whole({4, 2})), HasSubstr("has the class -1: it must be from 0 to 4"));
  EXPECT_THAT(refusal(features(true), {}, torch::ones({4, 2})), HasSubstr("is Float of shape [4, 2]"));
  EXPECT_THAT(refusal(features(true), {}, torch::Tensor()), HasSubstr("has no input"));
  for (const std::int64_t embedding : {0, 3}) {
    for (const auto dtype : {torch::kInt, torch::kByte})
      EXPECT_THAT(refusal(tokens(5), {.embedding = embedding}, whole({4, 2}).to(dtype)),
                  HasSubstr("no error"));
  }
}

TEST(SequenceModel, DoesNotLookAtTokensBeyondASequencesEnd) {
  const auto model = make_model(tokens(4));
  Batch batch{.input = torch::randint(0, 4, {6, 2}, torch::kInt64)};
  batch.lengths = torch::tensor({6, 3}, torch::kInt64);
  batch.input.select(1, 1).narrow(0, 3, 3).fill_(-1);
  EXPECT_EQ(model->predict(batch, {}, 0).output.sizes(), at::IntArrayRef({6, 2, 4}));
}

TEST(SequenceModel, ItsReaderPredictsWhatItPredictsForTheWholeText) {
  const auto task = tokens(7);
  SequenceModel model(task.facts(), {.cell = "lstm", .hidden = 21, .layers = 2},
                      CellRegistry::with_built_in());
  EXPECT_EQ(model.reader(), nullptr) << "dropout may be on while training";
  model.eval();
  const auto text = torch::randint(7, {12, 1}, torch::kLong);
  const auto whole = model.predict({.input = text, .target = {}}, {}, 0).output;
  const auto reader = model.reader();
  ASSERT_NE(reader, nullptr);
  for (std::int64_t t = 0; t < 12; ++t) {
    EXPECT_LE(distance(reader->read(text[t].item<std::int64_t>()), whole[t][0]), 1e-6);
  }
  reader->restart();
  EXPECT_LE(distance(reader->read(text[0].item<std::int64_t>()), whole[0][0]), 1e-6);
}

TEST(SequenceModel, ReadsACategoryAsALookupOfItsLearnedVector) {
  const auto model = make_model(categories(), {.hidden = 4});
  const CategoryRows given;
  std::map<std::string, torch::Tensor> weights;
  for (const auto& parameter : model->named_parameters()) weights[parameter.key()] = parameter.value();
  const auto &first = weights.at("embedding.0.weight"), &second = weights.at("embedding.1.weight");
  EXPECT_EQ(first.sizes(), at::IntArrayRef({3, 2}));
  EXPECT_EQ(second.sizes(), at::IntArrayRef({2, 4}));
  EXPECT_EQ(first[0].abs().sum().item<double>(), 0.0) << "what training did not see adds nothing";
  const auto looked_up = torch::cat(
      {given.numbers.narrow(2, 0, 1), torch::embedding(first, given.first), given.numbers.narrow(2, 1, 1),
       torch::embedding(second, given.second), given.numbers.narrow(2, 2, 1)},
      2);
  const auto expected = model->recurrent().run_padded(looked_up, {}).second.front();
  const auto found = model->predict({.input = given.rows(), .target = {}}, {}, 0).states.front();
  EXPECT_LT(distance(found, expected), 1e-14);
  expected.sum().backward();
  const auto by_lookup = first.grad().clone();
  first.mutable_grad().zero_();
  found.sum().backward();
  EXPECT_LT(distance(first.grad(), by_lookup), 1e-14) << "the gradient is that of the lookup";
}

TEST(SequenceModel, ItsRowReaderAndItsCloneReadCategoriesAsItDoes) {
  const auto model = make_model(categories(), {.hidden = 4});
  model->eval();
  const auto rows = CategoryRows().rows();
  const auto whole = model->predict({.input = rows, .target = {}}, {}, 0).output;
  const auto copy = std::dynamic_pointer_cast<SequenceModel>(model->clone());
  EXPECT_EQ(distance(copy->predict({.input = rows, .target = {}}, {}, 0).output, whole), 0.0);
  const auto reader = model->row_reader();
  ASSERT_NE(reader, nullptr);
  for (std::int64_t t = 0; t < 7; ++t) {
    reader->read(rows[t][1]);
    EXPECT_LT(distance(reader->answer(), whole[t][1]), 1e-12);
  }
}

TEST(SequenceModel, RefusesCategoriesThatAreNotInTheRow) {
  const auto refusal = [](std::vector<EmbeddedColumns> embedded) {
    TaskFacts facts = categories().facts();
    facts.embedded = std::move(embedded);
    return message_of([&] { SequenceModel(facts, {.hidden = 4}, CellRegistry::with_built_in()); });
  };
  EXPECT_THAT(refusal({{6, 3, 2}}), HasSubstr("embeds 3 columns from 6 on as 2 numbers, of rows of 8"));
  EXPECT_THAT(refusal({{1, 3, 2}, {3, 2, 2}}), HasSubstr("after the one before"));
  EXPECT_THAT(refusal({{1, 3, 0}}), HasSubstr("as 0 numbers"));
  SequenceModel model(categories().facts(), {.hidden = 4}, CellRegistry::with_built_in());
  const auto reads = [&](const torch::Tensor& input) {
    return message_of([&] { model.predict(Batch{.input = input}, {}, 0); });
  };
  EXPECT_THAT(reads(torch::ones({4, 2, 7})), HasSubstr("is Float with 7 features a step"));
  EXPECT_THAT(reads(torch::ones({4, 2}, torch::kLong)), HasSubstr("is Long of shape [4, 2]"));
}

TEST(SequenceModel, CutsTheGradientEveryKStepsAndNotTheState) {
  const auto model = make_model(features(false));
  Batch batch;
  batch.input = torch::randn({9, 2, 3}, torch::dtype(torch::kDouble).requires_grad(true));
  const auto cut = model->predict(batch, {}, 4).output;  // segments 0-3, 4-7, 8
  EXPECT_LT(distance(cut, model->predict(batch, {}, 0).output), 1e-14);
  cut.sum().backward();
  const auto reached = batch.input.grad().abs().sum({1, 2});
  EXPECT_EQ(reached.narrow(0, 0, 8).sum().item<double>(), 0.0);
  EXPECT_GT(reached[8].item<double>(), 0.0);
}

TEST(SequenceModel, RefusesWhatCannotBeBuilt) {
  const auto build = [](const Task& task, ModelOptions options) {
    return message_of([&] { SequenceModel(task.facts(), options, CellRegistry::with_built_in()); });
  };
  EXPECT_THAT(build(tokens(4), {.cell = "lstmm"}), HasSubstr("did you mean 'lstm'?"));
  EXPECT_THAT(build(tokens(4), {.hidden = 0}), HasSubstr("0"));
  EXPECT_THAT(build(tokens(4), {.embedding = -1}),
              HasSubstr("--embedding must be 0 (one-hot) or above, not -1"));
  EXPECT_THAT(build(features(true), {.embedding = 8}), HasSubstr("the input of features is numbers"));
}

}  // namespace
}  // namespace carousel
