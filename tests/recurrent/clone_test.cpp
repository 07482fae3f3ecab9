// Deep copies: of a module alone, and inside a torch::nn::Cloneable, which copies its children by another way.
#include <ATen/CPUGeneratorImpl.h>
#include <torch/nn/modules/linear.h>

#include "carousel/cells/layer_norm_lstm.h"
#include "carousel/model/sequence_model.h"
#include "carousel/recurrent/recurrent.h"

#include "support/error_of.h"
#include "support/parity.h"

namespace users_own {

using carousel::Stepped;
using torch::Tensor;

/// h' = tanh(x W^T + scale h), where scale is a buffer; `Base` is Module, or Cloneable with a number to keep.
class ScaledCell : public torch::nn::Module {
 public:
  static constexpr const char* name = "scaled";
  static constexpr std::array gates{"hidden"};
  static constexpr std::array states{"h"};

  ScaledCell(std::int64_t input, std::int64_t hidden, bool)
      : weight_(register_parameter("weight", torch::randn({hidden, input}))),
        scale_(register_buffer("scale", torch::rand({hidden}))) {}
  Tensor project(const Tensor& rows) const { return torch::linear(rows, weight_); }
  Stepped<Tensor, 1, 1> step(const Tensor& projected, const carousel::States<Tensor, 1>& previous) const {
    const auto h = (projected + scale_ * previous[0]).tanh();
    return {{h}, {h}};
  }
  carousel::LayerWeights weights() const {
    return {.weight_ih = weight_, .weight_hh = scale_.diag(), .bias_ih = {}, .bias_hh = {}, .vectors = {}};
  }
  void reset_parameters() {}

 private:
  Tensor weight_, scale_;
};

/// The same, written for clone(): it has something that is no tensor.
class CountedCell : public torch::nn::Cloneable<CountedCell> {
 public:
  static constexpr const char* name = "counted";
  static constexpr std::array gates{"hidden"};
  static constexpr std::array states{"h"};

  CountedCell(std::int64_t input, std::int64_t hidden, bool) : input_(input), hidden_(hidden) {
    CountedCell::reset();
  }
  void reset() override { weight_ = register_parameter("weight", torch::randn({hidden_, input_})); }
  Tensor project(const Tensor& rows) const { return torch::linear(rows, weight_) * factor; }
  Stepped<Tensor, 1, 1> step(const Tensor& projected, const carousel::States<Tensor, 1>& previous) const {
    const auto h = (projected + previous[0]).tanh();
    return {{h}, {h}};
  }
  carousel::LayerWeights weights() const {
    return {
        .weight_ih = weight_, .weight_hh = torch::eye(hidden_), .bias_ih = {}, .bias_hh = {}, .vectors = {}};
  }
  void reset_parameters() {}

  double factor = 1.0;

 private:
  std::int64_t input_, hidden_;
  Tensor weight_;
};

/// A user's net, as torch's own manual writes one.
template <class Module> class NetImpl : public torch::nn::Cloneable<NetImpl<Module>> {
 public:
  NetImpl() { NetImpl::reset(); }
  void reset() override {
    recurrent = this->register_module("recurrent", Module(3, 4));
    head = this->register_module("head", torch::nn::Linear(4, 2));
  }
  Tensor forward(const Tensor& x) { return head(std::get<0>(recurrent->forward(x))); }

  Module recurrent{nullptr};
  torch::nn::Linear head{nullptr};
};

}  // namespace users_own

namespace carousel::testing {
namespace {

using torch::Tensor;

Tensor state_of_generator() {
  return torch::Generator(at::detail::getDefaultCPUGenerator()).get_state();
}

/// Clones, and expects that nothing was drawn.
std::shared_ptr<torch::nn::Module> quiet_clone(const torch::nn::Module& module) {
  const auto before = state_of_generator();
  auto copy = module.clone();
  EXPECT_TRUE(torch::equal(state_of_generator(), before));
  return copy;
}

void expect_equal_and_apart(const torch::nn::Module& module, const torch::nn::Module& copy) {
  const auto compare = [](const auto& ours, const auto& theirs) {
    ASSERT_EQ(ours.keys(), theirs.keys());
    for (const auto& item : ours) {
      const auto& other = theirs[item.key()];
      EXPECT_TRUE(torch::equal(item.value(), other)) << item.key();
      EXPECT_NE(item.value().data_ptr(), other.data_ptr()) << item.key();
      EXPECT_EQ(item.value().scalar_type(), other.scalar_type()) << item.key();
      EXPECT_EQ(item.value().requires_grad(), other.requires_grad()) << item.key();
      EXPECT_TRUE(other.is_leaf()) << item.key();
    }
  };
  compare(module.named_parameters(), copy.named_parameters());
  compare(module.named_buffers(), copy.named_buffers());
  EXPECT_EQ(module.is_training(), copy.is_training());
}

template <class Module> void expect_that_a_net_clones() {
  const auto net = std::make_shared<users_own::NetImpl<Module>>();
  const auto copy = std::dynamic_pointer_cast<users_own::NetImpl<Module>>(net->clone());
  expect_equal_and_apart(*net, *copy);
  const auto x = torch::randn({5, 2, 3});
  EXPECT_TRUE(torch::equal(net->forward(x), copy->forward(x)));
  copy->forward(x).sum().backward();
  EXPECT_TRUE(copy->recurrent->parameters().front().grad().defined())
      << "what it runs with are its parameters";
  EXPECT_FALSE(net->recurrent->parameters().front().grad().defined());
  const torch::NoGradGuard no_grad;
  for (auto& parameter : copy->recurrent->parameters()) parameter.zero_();
  EXPECT_FALSE(torch::equal(net->forward(x), copy->forward(x)));
}

TEST(Clone, OfANetThatHoldsARecurrentModuleHasTheWeightsOfAllItsParts) {
  expect_that_a_net_clones<torch::nn::LSTM>();  // what torch does
  expect_that_a_net_clones<Lstm>();
  expect_that_a_net_clones<PeepholeLstm>();
  expect_that_a_net_clones<Recurrent<LayerNormLstmCell>>();
  expect_that_a_net_clones<Recurrent<users_own::ScaledCell>>();
  expect_that_a_net_clones<Recurrent<users_own::CountedCell>>();
}

TEST(Clone, DrawsNothingAndKeepsDtypesModesAndWhatIsFrozen) {
  const auto options = RecurrentOptions(3, 4).num_layers(2).bidirectional(true).dropout(0.5);
  Lstm lstm(options);
  Recurrent<LayerNormLstmCell> normed(options);
  Recurrent<users_own::ScaledCell> scaled(options);
  lstm->to(torch::kDouble);
  lstm->eval();
  lstm->parameters()[1].set_requires_grad(false);
  normed->children()[1]->eval();
  for (const std::shared_ptr<RecurrentBase>& module :
       {std::shared_ptr<RecurrentBase>(lstm.ptr()), std::shared_ptr<RecurrentBase>(normed.ptr()),
        std::shared_ptr<RecurrentBase>(scaled.ptr())}) {
    const auto copy = quiet_clone(*module);
    expect_equal_and_apart(*module, *copy);
    EXPECT_EQ(typeid(*copy), typeid(*module));
  }
  EXPECT_FALSE(normed->clone()->children()[1]->is_training());
  EXPECT_TRUE(normed->clone()->children()[0]->is_training());
}

TEST(Clone, OfACellThatClonesItselfKeepsWhatIsNoTensor) {
  Recurrent<users_own::CountedCell> module(3, 4);
  std::dynamic_pointer_cast<users_own::CountedCell>(module->children().front())->factor = 3.0;
  const auto copy = std::dynamic_pointer_cast<RecurrentBase>(quiet_clone(*module));
  const auto x = torch::randn({5, 2, 3});
  EXPECT_TRUE(torch::equal(copy->run_padded(x, {}).first, module->run_padded(x, {}).first));
}

TEST(Clone, OfAModelIsAModelWithTheSameAnswersThatLearnsAlone) {
  for (const std::int64_t embedding : {0, 6}) {
    const TaskFacts facts{.name = "tokens",
                          .tokens = true,
                          .input_size = 5,
                          .output_size = 5,
                          .every_step = true,
                          .metric = "none",
                          .baseline_text = {}};
    SequenceModel model(facts, {.cell = "gru", .hidden = 4, .embedding = embedding},
                        CellRegistry::with_built_in());
    model.parameters().front().set_requires_grad(false);
    model.eval();
    const auto copy = std::dynamic_pointer_cast<SequenceModel>(quiet_clone(model));
    ASSERT_NE(copy, nullptr);
    expect_equal_and_apart(model, *copy);
    const Batch batch{.input = torch::randint(5, {6, 3}, torch::kLong)};
    const auto answer = model.predict(batch, {}, 0).output;
    EXPECT_TRUE(torch::equal(copy->predict(batch, {}, 0).output, answer));
    const torch::NoGradGuard no_grad;
    for (auto& parameter : copy->parameters()) parameter.zero_();
    EXPECT_TRUE(torch::equal(model.predict(batch, {}, 0).output, answer));
  }
}

}  // namespace
}  // namespace carousel::testing
