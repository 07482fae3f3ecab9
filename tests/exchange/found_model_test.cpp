// What is recognised in a state dict, and what is refused with which sentence.
#include "carousel/exchange/found_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/nn/modules/rnn.h>

#include "carousel/exchange/onnx_model.h"
#include "carousel/recurrent/recurrent.h"
#include "carousel/torch.h"

#include "support/error_of.h"

namespace carousel {
namespace {

using carousel::testing::error_of;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Layout = std::map<std::string, std::vector<std::int64_t>>;

TensorMap zeros(const Layout& layout) {
  TensorMap tensors;
  for (const auto& [name, shape] : layout) tensors[name] = torch::zeros(shape);
  return tensors;
}

TensorMap weights_of(const torch::nn::Module& module, const std::string& prefix = "") {
  TensorMap tensors;
  for (const auto& [name, tensor] : state_dict(module)) tensors[prefix + name] = tensor;
  return tensors;
}

FoundModel found(const TensorMap& tensors, const std::string& cell = "") {
  return find_model(tensors, CellRegistry::with_built_in(), "a.pt", cell);
}

std::string refusal(const TensorMap& tensors, const std::string& cell = "") {
  return error_of([&] { found(tensors, cell); });
}

TensorMap with(TensorMap tensors, const Layout& more) {
  for (auto& [name, tensor] : zeros(more)) tensors[name] = tensor;
  return tensors;
}

const RecurrentOptions small(3, 5);

TEST(FoundModel, HasTheSizesLayersAndDirectionsOfTorchsOwnLayers) {
  const auto lstm =
      found(weights_of(*torch::nn::LSTM(torch::nn::LSTMOptions(3, 5).num_layers(3).bidirectional(true))));
  EXPECT_EQ(lstm.cell, "lstm");
  EXPECT_EQ(lstm.input_size, 3);
  EXPECT_EQ(lstm.hidden_size, 5);
  EXPECT_EQ(lstm.layers, 3);
  EXPECT_TRUE(lstm.bidirectional);
  EXPECT_THAT(lstm.other_cells, ElementsAre("slstm"));
  EXPECT_EQ(lstm.outputs, 0);
  EXPECT_EQ(found(weights_of(*torch::nn::GRU(3, 5))).cell, "gru");
  EXPECT_EQ(found(weights_of(*torch::nn::RNN(3, 5))).cell, "rnn");
  EXPECT_FALSE(found(weights_of(*torch::nn::RNN(3, 5))).bidirectional);
}

TEST(FoundModel, IsEveryCellThatHasNamesOrBlocksOfItsOwn) {
  const auto cells = CellRegistry::with_built_in();
  for (const std::string name : {"leaky-rnn", "mgu", "peephole-lstm", "layer-norm-lstm"}) {
    const auto module = cells.make(name, RecurrentOptions(small).num_layers(2).bidirectional(true));
    const auto model = found(weights_of(*module, "deep.inside."));
    EXPECT_EQ(model.cell, name);
    EXPECT_THAT(model.other_cells, IsEmpty()) << name;
    EXPECT_EQ(model.weights.size(), state_dict(*module).size()) << name;
  }
}

TEST(FoundModel, TakesTheCellThatIsGivenWhereSeveralLookTheSame) {
  for (const std::string name : {"cifg-lstm", "relu-rnn", "irnn", "slstm"}) {
    const auto weights = weights_of(*CellRegistry::with_built_in().make(name, small));
    EXPECT_NE(found(weights).cell, name);
    EXPECT_THAT(found(weights).other_cells, ::testing::Contains(name));
    EXPECT_EQ(found(weights, name).cell, name);
    EXPECT_THAT(found(weights, name).other_cells, IsEmpty());
  }
}

TEST(FoundModel, KeepsTheWeightsAndSaysWhereTheyWere) {
  const torch::nn::GRU gru(4, 5);
  const torch::nn::Linear head(5, 2);
  auto tensors = weights_of(*gru, "module.encoder.rnn.");
  tensors.merge(weights_of(*head, "module.out."));
  tensors["module.words.weight"] = torch::rand({9, 4});
  const auto model = found(tensors);
  EXPECT_TRUE(torch::equal(model.weights.at("recurrent.weight_hh_l0"), gru->all_weights()[1]));
  EXPECT_TRUE(torch::equal(model.weights.at("head.bias"), head->bias));
  EXPECT_TRUE(torch::equal(model.weights.at("embedding.weight"), tensors["module.words.weight"]));
  EXPECT_EQ(model.tokens, 9);
  EXPECT_EQ(model.outputs, 2);
  EXPECT_EQ(model.places.at("recurrent"), "module.encoder.rnn.");
  EXPECT_EQ(model.places.at("head"), "module.out.");
}

TEST(FoundModel, TellsAnEmbeddingFromAHeadOfTheSameSizeByBiasOrNameOrNotAtAll) {
  const auto core = weights_of(*torch::nn::RNN(5, 5), "rnn.");
  const auto biased = found(with(core, {{"a.weight", {9, 5}}, {"b.weight", {9, 5}}, {"b.bias", {9}}}));
  EXPECT_EQ(biased.places.at("embedding"), "a.");
  EXPECT_EQ(biased.places.at("head"), "b.");
  const auto tied = found(with(core, {{"encoder.weight", {9, 5}}, {"decoder.weight", {9, 5}}}));
  EXPECT_EQ(tied.places.at("embedding"), "encoder.");
  EXPECT_EQ(tied.places.at("head"), "decoder.");
  EXPECT_THAT(refusal(with(core, {{"a.weight", {9, 5}}, {"b.weight", {9, 5}}})),
              AllOf(HasSubstr("a.weight, b.weight"), HasSubstr("embedding or the head")));
}

TEST(FoundModel, HasZerosForBiasesThatAreNotThereAndSaysSo) {
  const auto model = found(weights_of(*torch::nn::LSTM(torch::nn::LSTMOptions(3, 5).bias(false))));
  EXPECT_EQ(model.weights.at("recurrent.bias_hh_l0").sizes(), at::IntArrayRef({20}));
  EXPECT_EQ(model.weights.at("recurrent.bias_hh_l0").abs().sum().item<double>(), 0.0);
  EXPECT_THAT(model.notes, ElementsAre(HasSubstr("no biases")));
}

TEST(FoundModel, IsReadFromASingleStepsCellToo) {
  const auto model = found(weights_of(*torch::nn::GRUCell(3, 5), "cell."));
  EXPECT_EQ(model.cell, "gru");
  EXPECT_EQ(model.layers, 1);
  EXPECT_TRUE(model.weights.contains("recurrent.weight_hh_l0"));
}

TensorMap merged(TensorMap one, const TensorMap& more) {
  one.insert(more.begin(), more.end());
  return one;
}

TEST(FoundModel, IsAStackWhereModulesFollowOneAnotherByNumber) {
  const torch::nn::LSTM lower(1, 5), upper(5, 5), top(5, 5);
  const std::vector<std::array<std::string, 3>> names{{"lstm.", "lstm2.", "lstm3."},
                                                      {"lstm1.", "lstm2.", "lstm10."},
                                                      {"net.0.", "net.2.", "net.11."},
                                                      {"block_1.rnn.", "block_2.rnn.", "block_3.rnn."},
                                                      {"rnn1.", "gru2.", "lstm3."}};
  for (const auto& [first, second, third] : names) {
    const auto model =
        found(merged(merged(weights_of(*upper, second), weights_of(*top, third)),
                     with(weights_of(*lower, first), {{"fc.weight", {1, 5}}, {"fc.bias", {1}}})));
    EXPECT_EQ(model.layers, 3) << first;
    EXPECT_EQ(model.input_size, 1);
    EXPECT_EQ(model.outputs, 1);
    EXPECT_TRUE(torch::equal(model.weights.at("recurrent.weight_ih_l0"), lower->all_weights()[0])) << first;
    EXPECT_TRUE(torch::equal(model.weights.at("recurrent.weight_ih_l1"), upper->all_weights()[0])) << first;
    EXPECT_TRUE(torch::equal(model.weights.at("recurrent.weight_ih_l2"), top->all_weights()[0])) << first;
    EXPECT_EQ(model.places.at("recurrent"), first);
    EXPECT_THAT(model.notes, ::testing::Contains(HasSubstr("one stack of 3 layers, in this order")));
  }
}

TEST(FoundModel, StacksModulesOfSeveralLayersAndOfSingleSteps) {
  const torch::nn::GRU lower(torch::nn::GRUOptions(3, 5).num_layers(2).bidirectional(true));
  const torch::nn::GRU upper(torch::nn::GRUOptions(10, 5).bidirectional(true));
  const auto both = found(merged(weights_of(*lower, "gru1."), weights_of(*upper, "gru2.")));
  EXPECT_EQ(both.layers, 3);
  EXPECT_TRUE(both.bidirectional);
  EXPECT_TRUE(torch::equal(both.weights.at("recurrent.weight_hh_l2_reverse"), upper->all_weights()[5]));
  const torch::nn::LSTMCell one(1, 5), two(5, 5);
  const auto steps = found(merged(weights_of(*one, "lstm1."), weights_of(*two, "lstm2.")));
  EXPECT_EQ(steps.layers, 2);
  EXPECT_TRUE(torch::equal(steps.weights.at("recurrent.weight_ih_l1"), two->weight_ih));
}

TEST(FoundModel, IsNoStackWhereModulesDoNotFitOnEachOtherAndNamesTwo) {
  const auto lower = weights_of(*torch::nn::LSTM(1, 5), "lstm1.");
  const auto on = [&](const torch::nn::Module& module, const std::string& name = "lstm2.") {
    return refusal(merged(lower, weights_of(module, name)));
  };
  using Options = torch::nn::LSTMOptions;
  EXPECT_THAT(on(*torch::nn::LSTM(5, 4)), HasSubstr("lstm1 has 5 units and lstm2 4"));
  EXPECT_THAT(on(*torch::nn::LSTM(3, 5)), HasSubstr("lstm1 gives 5 values a step and lstm2 reads 3"));
  EXPECT_THAT(on(*torch::nn::GRU(5, 5)), HasSubstr("lstm1 has 4 gates and lstm2 3"));
  EXPECT_THAT(on(*torch::nn::LSTM(Options(5, 5).bidirectional(true))),
              HasSubstr("lstm1 runs in one direction and lstm2 in both"));
  EXPECT_THAT(on(*torch::nn::LSTM(Options(5, 5).bias(false))),
              HasSubstr("lstm1 has biases and lstm2 has none"));
  EXPECT_THAT(on(*torch::nn::LSTM(5, 5), "lstm."), HasSubstr("lstm gives 5 values a step and lstm1 reads 1"));
  for (const char* name : {"decoder.", "top.lstm2.", "lstm01.", ""})
    EXPECT_THAT(on(*torch::nn::LSTM(5, 5), name), HasSubstr("2 recurrent modules")) << name;
}

TEST(FoundModel, NamesWhatIsMissingOfAStackAsItsFileWould) {
  auto tensors =
      merged(weights_of(*torch::nn::LSTM(1, 5), "lstm1."), weights_of(*torch::nn::LSTM(5, 5), "lstm2."));
  tensors.erase("lstm2.bias_hh_l0");
  EXPECT_THAT(refusal(tensors), HasSubstr("missing: lstm2.bias_hh_l0"));
}

TEST(FoundModel, IsRefusedWithTheEntriesThatAreWrong) {
  const auto lstm = weights_of(*torch::nn::LSTM(torch::nn::LSTMOptions(3, 5).num_layers(3)), "rnn.");
  auto gap = lstm;
  for (const char* name : {"weight_ih_l1", "weight_hh_l1", "bias_ih_l1", "bias_hh_l1"})
    gap.erase(std::string("rnn.") + name);
  EXPECT_THAT(refusal(gap), AllOf(HasSubstr("a.pt"), HasSubstr("rnn.weight_hh_l1")));

  auto half = lstm;
  half.erase("rnn.bias_hh_l2");
  EXPECT_THAT(refusal(half), HasSubstr("missing: rnn.bias_hh_l2"));

  auto bent = lstm;
  bent["rnn.weight_ih_l1"] = torch::zeros({20, 4});
  EXPECT_THAT(refusal(bent), HasSubstr("rnn.weight_ih_l1 is [20, 4] and should be [20, 5]"));

  auto uneven = lstm;
  uneven["rnn.weight_hh_l1"] = torch::zeros({16, 4});
  EXPECT_THAT(refusal(uneven), AllOf(HasSubstr("[16, 4]"), HasSubstr("[20, 5]")));

  auto two = lstm;
  two.merge(weights_of(*torch::nn::GRU(3, 5), "decoder."));
  EXPECT_THAT(refusal(two),
              AllOf(HasSubstr("2 recurrent modules"), HasSubstr("'decoder.'"), HasSubstr("'rnn.'")));

  EXPECT_THAT(refusal(weights_of(*torch::nn::LSTM(torch::nn::LSTMOptions(3, 5).proj_size(2)))),
              AllOf(HasSubstr("weight_hr_l0"), HasSubstr("projections")));
  EXPECT_THAT(refusal(with(lstm, {{"norm.weight", {5}}, {"fc1.weight", {7, 6}}})),
              AllOf(HasSubstr("norm.weight [5]"), HasSubstr("fc1.weight [7, 6]")));
  EXPECT_THAT(
      refusal(with(lstm, {{"a.weight", {2, 5}}, {"a.bias", {2}}, {"b.weight", {2, 5}}, {"b.bias", {2}}})),
      HasSubstr("b.weight [2, 5]"));
  EXPECT_THAT(refusal(zeros({{"conv.weight", {3, 3}}})),
              AllOf(HasSubstr("weight_ih_l0"), HasSubstr("conv.weight")));
  EXPECT_THAT(refusal({}), HasSubstr("nothing"));
  EXPECT_THAT(refusal(lstm, "gru"), AllOf(HasSubstr("gru"), HasSubstr("4 blocks of 5"), HasSubstr("lstm")));
  EXPECT_THAT(refusal(lstm, "lsmt"), HasSubstr("'lstm'"));
  EXPECT_THAT(refusal(zeros({{"weight_ih_l0", {35, 3}}, {"weight_hh_l0", {35, 5}}})),
              HasSubstr("7 blocks of 5"));
  EXPECT_THAT(refusal(zeros({{"weight_ih_l0", {7, 3}}, {"weight_hh_l0", {7, 5}}})),
              HasSubstr("multiple of the 5"));
  EXPECT_THAT(refusal(zeros({{"weight_ih_l0", {0, 3}}, {"weight_hh_l0", {0, 0}}})),
              HasSubstr("weight_hh_l0"));
}

TEST(FoundModel, IsRefusedWhenItsWeightsAreWholeNumbers) {
  auto tensors = weights_of(*torch::nn::RNN(3, 5));
  for (auto& [name, tensor] : tensors) tensor = torch::zeros(tensor.sizes(), torch::kChar);
  EXPECT_THAT(refusal(tensors), HasSubstr("floating point"));
}

TEST(FoundModel, IsRefusedWhenAWeightIsNotFinite) {
  auto tensors = weights_of(*torch::nn::RNN(3, 5), "net.");
  tensors["net.bias_hh_l0"] = torch::full({5}, 1e300, torch::kDouble);
  EXPECT_THAT(refusal(tensors), AllOf(HasSubstr("bias_hh_l0"), HasSubstr("not finite")));
}

TEST(FoundModel, ReachesAMessageInOneLineWhateverItsNamesHold) {
  const std::string name = "bad\nname" + std::string(100'000, 'x');
  const auto sentence = refusal(zeros({{name, {2, 2}}}));
  EXPECT_THAT(sentence, ::testing::Not(HasSubstr("\n")));
  EXPECT_LT(sentence.size(), 500u);
}

/// A user's own: the LSTM's step under another name, and a cell with two gates.
struct RenamedLstm : LstmCell {
  static constexpr const char* name = "mine";
};
struct TwoGates {
  static constexpr const char* name = "two";
  static constexpr std::array gates{"a", "b"};
  static constexpr std::array states{"h"};
  static constexpr std::array vectors{"decay"};
  template <class V>
  static constexpr auto step(const Gates<V, 2>& pre, const States<V, 1>& previous, const Vectors<V, 1>& v) {
    const V h = previous[0] * v[0] + pre[0] * pre[1];
    return Stepped{States<V, 1>{h}, Gates<V, 2>{pre[0], pre[1]}};
  }
};

TEST(FoundModel, CanBeACellOfTheUsersOwn) {
  auto cells = CellRegistry::with_built_in();
  cells.add<TwoGates>("its own");
  const auto weights = weights_of(*cells.make("two", RecurrentOptions(3, 5).num_layers(2)), "net.");
  EXPECT_TRUE(weights.contains("net.decay_l1"));
  EXPECT_EQ(find_model(weights, cells, "a.pt").cell, "two");
}

TEST(OnnxOperator, IsChosenByTheStepAndNotByTheName) {
  EXPECT_EQ(onnx_operator(*Recurrent<RenamedLstm>(small)), "LSTM");
  EXPECT_EQ(onnx_operator(*Irnn(small)), "RNN");
  EXPECT_EQ(onnx_operator(*Gru(small)), "GRU");
  EXPECT_EQ(onnx_operator(*Recurrent<TwoGates>(small)), "Scan");
  EXPECT_EQ(onnx_operator(*CellRegistry::with_built_in().make("cifg-lstm", small)), "Scan");
}

}  // namespace
}  // namespace carousel
