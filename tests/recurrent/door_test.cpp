// What RecurrentBase refuses before anything is computed, and what it takes an input for.
#include "carousel/cells/layer_norm_lstm.h"
#include "carousel/recurrent/cell_registry.h"
#include "carousel/recurrent/recurrent.h"
#include "carousel/recurrent/stream.h"
#include "carousel/recurrent/truncated.h"

#include "support/error_of.h"
#include "support/parity.h"

namespace carousel::testing {
namespace {

using torch::Tensor;
using torch::nn::utils::rnn::PackedSequence;
using Sizes = std::vector<std::int64_t>;

TEST(Door, WholeNumbersWithAFeatureDimensionAreNotClassNumbers) {
  Lstm lstm(1, 4);
  for (const auto dtype : {torch::kLong, torch::kInt, torch::kBool}) {
    const auto x = torch::ones({2, 2, 1}, dtype);
    const auto expected = fmt::format(
        "the input of lstm is {} with 1 features a step: features must be Float, as the weights are, convert "
        "them "
        "with .to(); class numbers are whole numbers without a feature dimension",
        c10::toString(dtype));
    EXPECT_EQ(error_of([&] { lstm->forward(x); }), expected);
    EXPECT_EQ(error_of([&] { lstm->run({x.flatten(0, 1), {2, 2}}, {}); }), expected);
    EXPECT_EQ(error_of([&] {
                lstm->forward_with_packed_input(PackedSequence(x.flatten(0, 1), torch::tensor({2, 2})));
              }),
              expected);
    EXPECT_EQ(error_of([&] { run_truncated(*lstm, {x.flatten(0, 1), {2, 2}}, {}, 1); }), expected);
  }
  EXPECT_NE(error_of([&] { lstm->forward(torch::full({2, 2, 1}, 1000, torch::kLong)); }), "");
  RecurrentStream stream(*lstm);
  EXPECT_EQ(error_of([&] { stream.step(torch::ones({1}, torch::kLong)); }),
            "a step of this stream reads [1] Float, not Long of shape [1]");
}

TEST(Door, WholeNumbersOfTwoDimensionsAreClassNumbersOnEveryPathAndOfEveryWidth) {
  torch::manual_seed(1);
  const auto numbers = torch::tensor({{0, 4}, {3, 3}, {1, 2}});  // [T, B]
  const auto one_hot = torch::one_hot(numbers, 5).to(torch::kFloat);
  const auto cells = CellRegistry::with_built_in();
  for (const char* name : {"lstm", "layer-norm-lstm", "torch-lstm"}) {
    SCOPED_TRACE(name);
    const auto module = cells.make(name, RecurrentOptions(5, 4).num_layers(2));
    const auto expected = module->run_padded(one_hot, {}).first;
    for (const auto dtype : {torch::kLong, torch::kInt, torch::kShort, torch::kByte}) {
      const auto x = numbers.to(dtype);
      EXPECT_LE(difference(module->run_padded(x, {}).first, expected), 1e-6);
      EXPECT_LE(difference(module->run({x.flatten(), {2, 2, 2}}, {}).output, expected.flatten(0, 1)), 1e-6);
      const PackedSequence packed(x.flatten(), torch::tensor({2, 2, 2}));
      EXPECT_LE(difference(module->run_packed(packed, {}).first.data(), expected.flatten(0, 1)), 1e-6);
    }
    module->options.batch_first(true);
    EXPECT_LE(difference(module->run_padded(numbers.t(), {}).first.transpose(0, 1), expected), 1e-6);
    module->options.batch_first(false);
    for (const std::int64_t bad : {-1, 5, 1000}) {
      EXPECT_EQ(
          error_of([&] { module->run_padded(torch::full({2, 2}, bad, torch::kLong), {}); }),
          fmt::format("the input of {} has the class {}: it must be from 0 to 4", module->facts().name, bad));
    }
  }
}

TEST(Door, SizesThatAreNotThoseOfSortedSequencesAreRefusedByEveryEngine) {
  const auto cells = CellRegistry::with_built_in();
  const auto x = torch::randn({5, 3});
  for (const char* name : {"lstm", "layer-norm-lstm", "torch-lstm"}) {
    SCOPED_TRACE(name);
    const auto module = cells.make(name, RecurrentOptions(3, 4));
    const auto refusal = [&](Sizes sizes) {
      const auto cut = error_of([&] { run_truncated(*module, {x, sizes}, {}, 1); });
      const auto whole = error_of([&] { module->run({x, std::move(sizes)}, {}); });
      EXPECT_EQ(cut, whole);
      return whole;
    };
    EXPECT_EQ(
        refusal({3, 2, 2}),
        "the sizes of a packed batch are [3, 2, 2], but its data has 5 rows: the sizes must add up to them");
    EXPECT_EQ(
        refusal({3, 1}),
        "the sizes of a packed batch are [3, 1], but its data has 5 rows: the sizes must add up to them");
    EXPECT_EQ(refusal({}),
              "the sizes of a packed batch are [], but its data has 5 rows: the sizes must add up to them");
    EXPECT_EQ(refusal({1, 2, 2}),
              "the sizes of a packed batch are [1, 2, 2], with 2 sequences at step 1: they may "
              "not grow; sort the sequences by falling length");
    EXPECT_EQ(refusal({5, -1, 1}),
              "the sizes of a packed batch are [5, -1, 1], with -1 sequences at step 1: every "
              "step must have at least 1; leave out the steps that no sequence reaches");
    EXPECT_NE(refusal({5, 0}), "");
    EXPECT_NE(refusal({0, 5}), "");
    EXPECT_NE(refusal({-5}), "");
    const std::int64_t huge = std::numeric_limits<std::int64_t>::max();
    EXPECT_NE(refusal({huge, huge, 7}), "") << "a sum that overflows";
    EXPECT_EQ(error_of([&] { module->run({x, {3, 2}}, {}); }), "");
  }
}

TEST(Door, PackedSequencesMayHaveSizesOfAnyWidthAndMustNameEachSequenceOnce) {
  torch::manual_seed(1);
  Gru gru(3, 4);
  const auto x = torch::randn({5, 3}), sizes = torch::tensor({3, 2}), order = torch::tensor({2, 0, 1});
  const auto expected = gru->run({x, {3, 2}}, {}).output;
  const auto narrow = gru->run_packed(PackedSequence(x, sizes.to(torch::kInt)), {}).first.data();
  EXPECT_TRUE(torch::equal(narrow, expected));
  EXPECT_EQ(error_of([&] { gru->run_packed(PackedSequence(x, sizes.to(torch::kFloat)), {}); }),
            "the batch sizes of packed sequences are Float of shape [2]: they must be whole numbers [T]");
  EXPECT_EQ(error_of([&] { gru->run_packed(PackedSequence(x, sizes, order), {}); }), "");
  for (const auto& bad : {torch::tensor({0, 1}), torch::tensor({0, 1, 1}), torch::tensor({0, 1, 3})}) {
    EXPECT_NE(error_of([&] { gru->run_packed(PackedSequence(x, sizes, bad, order), {}); }), "") << bad;
    EXPECT_NE(error_of([&] { gru->run_packed(PackedSequence(x, sizes, order, bad), {}); }), "") << bad;
  }
  EXPECT_EQ(error_of([&] { gru->run_packed(PackedSequence(x, sizes, order), {torch::zeros({1, 2, 4})}); }),
            "the initial state h of gru has shape [1, 2, 4]: it must be [1, 3, 4]")
      << "before it is put in order";
}

TEST(Door, TypesThatDoNotFitAreRefusedOnEveryEngineAndAlsoWithoutSteps) {
  const auto cells = CellRegistry::with_built_in();
  for (const char* name : {"lstm", "layer-norm-lstm", "torch-lstm"}) {
    SCOPED_TRACE(name);
    const auto module = cells.make(name, RecurrentOptions(3, 4));
    EXPECT_EQ(error_of([&] { module->run_padded(torch::zeros({2, 1, 3}, torch::kDouble), {}); }),
              "the input is Double on cpu, but the weights are Float on cpu: convert one of them with .to()");
    EXPECT_EQ(error_of([&] { module->run_padded(torch::zeros({2, 1, 3}, torch::kMeta), {}); }),
              "the input is Float on meta, but the weights are Float on cpu: convert one of them with .to()");
    const auto h = torch::zeros({1, 1, 4});
    EXPECT_EQ(error_of([&] { module->run_padded(torch::zeros({2, 1, 3}), {h, h.to(torch::kDouble)}); }),
              "the initial state c is Double on cpu, but the weights are Float on cpu: convert one of them "
              "with .to()");
    EXPECT_NE(error_of([&] { module->run_padded(torch::zeros({0, 1, 6}), {}); }), "");
    EXPECT_NE(error_of([&] { module->run_padded(torch::zeros({0, 2, 3}), {h, h}); }), "");
    EXPECT_EQ(module->run_padded(torch::zeros({0, 2}, torch::kLong), {}).first.scalar_type(), torch::kFloat);
    EXPECT_EQ(module->run({torch::zeros({0, 3}), {}}, {}).output.sizes(), at::IntArrayRef({0, 4}));
  }
}

TEST(Door, AParameterThatWasReplacedByAnotherShapeOrTypeIsRefused) {
  const auto spoilt = [](const char* parameter, const Tensor& by, Engine engine) {
    PeepholeLstm module(RecurrentOptions(3, 4).num_layers(2).engine(engine));
    module->named_parameters()[parameter].set_data(by);
    EXPECT_NE(error_of([&] { RecurrentStream{*module}; }), "");
    return error_of([&] { module->forward(torch::zeros({2, 1, 3})); });
  };
  for (const auto engine : {Engine::fused, Engine::loop}) {
    EXPECT_EQ(spoilt("bias_hh_l0", torch::zeros({2}), engine),
              "the parameter bias_hh_l0 of peephole-lstm has shape [2]: it must be [16]");
    EXPECT_EQ(spoilt("weight_ih_l1", torch::zeros({16, 3}), engine),
              "the parameter weight_ih_l1 of peephole-lstm has shape [16, 3]: it must be [16, 4]");
    EXPECT_EQ(spoilt("weight_hh_l1", torch::zeros({4, 16}), engine),
              "the parameter weight_hh_l1 of peephole-lstm has shape [4, 16]: it must be [16, 4]");
    EXPECT_EQ(spoilt("weight_co_l0", torch::zeros({1}), engine),
              "the parameter weight_co_l0 of peephole-lstm has shape [1]: it must be [4]");
    EXPECT_EQ(spoilt("weight_hh_l0", torch::zeros({16, 4}, torch::kDouble), engine),
              "the parameter weight_hh_l0 of peephole-lstm is Double on cpu, but weight_ih_l0 is Float on "
              "cpu: convert "
              "the module with .to()");
  }
}

TEST(Door, TheFusedEngineIsRefusedToWhatHasNoKernels) {
  Recurrent<LayerNormLstmCell> module(RecurrentOptions(3, 4).engine(Engine::fused));
  EXPECT_EQ(
      error_of([&] { module->forward(torch::zeros({2, 1, 3})); }),
      "the fused engine cannot run layer-norm-lstm, because the cell's step is not elementwise: choose the "
      "engine auto or loop");
}

template <class Module, class Options>
constexpr bool takes = std::is_constructible_v<typename Module::Impl, Options>;
using torch::nn::GRUOptions;
using torch::nn::LSTMOptions;
using torch::nn::RNNOptions;
static_assert(takes<Lstm, LSTMOptions> && !takes<Lstm, GRUOptions> && !takes<Lstm, RNNOptions>);
static_assert(!takes<Gru, LSTMOptions> && takes<Gru, GRUOptions> && !takes<Gru, RNNOptions>);
static_assert(!takes<Rnn, LSTMOptions> && !takes<Rnn, GRUOptions> && takes<Rnn, RNNOptions>);
static_assert(!takes<ReluRnn, GRUOptions> && takes<ReluRnn, RNNOptions&>);
static_assert(takes<PeepholeLstm, LSTMOptions>);

TEST(Door, AnRnnsOptionsAreTakenByTheModuleOfTheirNonlinearityAlone) {
  const auto relu = RNNOptions(3, 4).num_layers(2).nonlinearity(torch::kReLU);
  EXPECT_EQ(ReluRnn(relu)->options.num_layers(), 2);
  EXPECT_EQ(error_of([&] { Rnn{relu}; }),
            "a torch RNN with nonlinearity kReLU is carousel::ReluRnn: give that these options");
  EXPECT_EQ(error_of([] { ReluRnn(RNNOptions(3, 4)); }),
            "a torch RNN with nonlinearity kTanh is carousel::Rnn, not ReluRnn: use that, or set "
            "nonlinearity(torch::kReLU)");
}

}  // namespace
}  // namespace carousel::testing
