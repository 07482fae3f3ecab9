// Where engines part most easily: NaN in weights, batches of no sequences, weights that a step ignores.
#include "carousel/recurrent/cell_registry.h"
#include "carousel/recurrent/truncated.h"

#include "support/parity.h"

namespace users_own {

/// h' = relu(max(input, 0.1 previous) + v1), with a recurrent matrix and a vector that it ignores.
struct IgnorantCell {
  static constexpr const char* name = "ignorant";
  static constexpr std::array gates{"hidden"};
  static constexpr std::array states{"h"};
  static constexpr std::array vectors{"weight_unused", "weight_used"};
  static constexpr bool separate_projections = true;

  template <class V>
  static constexpr auto step(const carousel::Gates<V, 1>& input, const carousel::Gates<V, 1>&,
                             const carousel::States<V, 1>& previous, const carousel::Vectors<V, 2>& learned) {
    const V h = relu(max(input[0], 0.1 * previous[0]) + learned[1]);
    return carousel::Stepped{carousel::States<V, 1>{h}, carousel::Gates<V, 1>{h}};
  }
};

}  // namespace users_own

namespace carousel::testing {
namespace {

using torch::Tensor;
constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

void spoil(RecurrentBase& module, const char* parameter, double value, std::int64_t place = 0) {
  const torch::NoGradGuard no_grad;
  module.named_parameters()[parameter].view(-1)[place] = value;
}

bool same(const Tensor& a, const Tensor& b) {
  return torch::allclose(a, b, 1e-5, 1e-6, /*equal_nan=*/true);
}

TEST(Edges, ANumberThatIsNotFiniteInWhhIsSeenAtTheFirstStepAsInTorch) {
  for (const double value : {nan_value, HUGE_VAL}) {
    for (const std::int64_t steps : {1, 12}) {  // read as they are, and packed
      torch::manual_seed(1);
      torch::nn::GRU theirs(3, 20);
      torch::manual_seed(1);
      Gru ours(3, 20);
      const auto x = torch::randn({steps, 1, 3});
      {
        const torch::NoGradGuard no_grad;
        theirs->named_parameters()["weight_hh_l0"].view(-1)[7] = value;
      }
      spoil(*ours, "weight_hh_l0", value, 7);
      for (const auto engine : {Engine::fused, Engine::loop}) {
        ours->options.engine(engine);
        const auto output = std::get<0>(ours->forward(x));
        EXPECT_TRUE(output[0].isnan().any().item<bool>());
        EXPECT_TRUE(same(output, std::get<0>(theirs->forward(x))));
      }
    }
  }
}

TEST(Edges, AtNaNARectifierHasSlopeOneOnBothEnginesAsInTorch) {
  torch::manual_seed(1);
  torch::nn::RNN theirs(torch::nn::RNNOptions(3, 9).nonlinearity(torch::kReLU));
  torch::manual_seed(1);
  ReluRnn ours(torch::nn::RNNOptions(3, 9).nonlinearity(torch::kReLU));
  auto x = torch::randn({1, 2, 3});
  x[0][1][2] = nan_value;
  const auto bias_gradient = [&](auto& module) {
    std::get<0>(module->forward(x)).sum().backward();
    return module->named_parameters()["bias_ih_l0"].grad();
  };
  const auto expected = bias_gradient(theirs);
  EXPECT_TRUE((expected >= 1).all().template item<bool>())
      << "the sequence with the NaN counts in every unit";
  for (const auto engine : {Engine::fused, Engine::loop}) {
    ours->zero_grad();
    ours->options.engine(engine);
    EXPECT_TRUE(torch::equal(bias_gradient(ours), expected));
  }
}

TEST(Edges, AtNaNTheSlopesOfMaxAreThoseOfTorchsMaximum) {
  Recurrent<users_own::IgnorantCell> module(2, 3);
  spoil(*module, "weight_ih_l0", nan_value);
  const auto gradient = [&](Engine engine) {
    module->options.engine(engine);
    const auto h = torch::ones({1, 2, 3}).requires_grad_();
    return torch::autograd::grad({std::get<0>(module->forward(torch::ones({1, 2, 2}), h)).sum()}, {h})[0];
  };
  const auto loop = gradient(Engine::loop), fused = gradient(Engine::fused);
  EXPECT_GT(loop[0][0][0].item<double>(), 0.0) << "max(NaN, y) has slope 1 in y as well";
  EXPECT_TRUE(torch::equal(fused, loop));
}

TEST(Edges, AWeightThatTheStepIgnoresHasAGradientOfZerosOnBothEngines) {
  torch::manual_seed(1);
  Recurrent<users_own::IgnorantCell> module(RecurrentOptions(2, 3).num_layers(2));
  const auto x = torch::randn({4, 2, 2});
  for (const auto engine : {Engine::fused, Engine::loop}) {
    module->options.engine(engine);
    module->zero_grad();
    std::get<0>(module->forward(x)).sum().backward();
    for (const char* name : {"weight_hh_l0", "bias_hh_l1", "weight_unused_l0"}) {
      const auto gradient = module->named_parameters()[name].grad();
      ASSERT_TRUE(gradient.defined()) << name;
      EXPECT_EQ(gradient.abs().max().item<double>(), 0.0) << name;
    }
    EXPECT_GT(module->named_parameters()["weight_used_l0"].grad().abs().max().item<double>(), 0.0);
  }
}

std::vector<Tensor> trainable(const RecurrentBase& module) {
  std::vector<Tensor> found;
  for (const auto& parameter : module.parameters()) {
    if (parameter.requires_grad()) found.push_back(parameter);
  }
  return found;
}

/// d(|d loss / d w|^2) / dw for the trainable parameters, and the gradients before.
std::vector<Tensor> twice(RecurrentBase& module, const PackedBatch& batch) {
  const auto parameters = trainable(module);
  const auto result = module.run(batch, {});
  auto loss = result.output.sin().sum();
  for (const auto& state : result.states) loss = loss + state.cos().sum();
  auto all = torch::autograd::grad({loss}, parameters, {}, true, /*create_graph=*/true);
  auto penalty = torch::zeros({}, batch.data.options());
  for (const auto& gradient : all) penalty = penalty + gradient.square().sum();
  if (!penalty.requires_grad()) return all;
  const auto second = torch::autograd::grad({penalty}, parameters, {}, true, false, /*allow_unused=*/true);
  for (std::size_t i = 0; i < second.size(); ++i)
    all.push_back(second[i].defined() ? second[i] : torch::zeros_like(parameters[i]));
  return all;
}

TEST(Edges, ABatchOfNoSequencesGivesNothingAndGradientsOfZerosOnEveryPath) {
  const auto cells = CellRegistry::with_built_in();
  for (const auto& name : cells.names()) {
    SCOPED_TRACE(name);
    const auto module = cells.make(name, RecurrentOptions(3, 4).num_layers(2).bidirectional(true));
    std::vector<Engine> engines{Engine::loop};
    if (module->engine_choice().engine == Engine::fused) engines.push_back(Engine::fused);
    for (const auto engine : engines) {
      module->options.engine(engine);
      module->zero_grad();
      const auto x = torch::zeros({5, 0, 3}).requires_grad_();
      const auto [output, states] = module->run_padded(x, {});
      EXPECT_EQ(output.sizes(), at::IntArrayRef({5, 0, 8}));
      for (const auto& state : states) EXPECT_EQ(state.sizes(), at::IntArrayRef({4, 0, 4}));
      output.sum().backward();
      for (const auto& parameter : module->parameters()) {
        ASSERT_TRUE(parameter.grad().defined());
        EXPECT_EQ(parameter.grad().abs().max().item<double>(), 0.0);
      }
      if (name.starts_with("torch-")) continue;  // torch's packed LSTM and GRU cannot be differentiated twice
      for (const auto& tensor : twice(*module, {torch::zeros({0, 3}), {0, 0, 0}}))
        EXPECT_EQ(tensor.abs().max().item<double>(), 0.0);
    }
  }
}

TEST(Edges, APeepholeLstmOfOneStepAndOneTrainableTensorIsDifferentiatedTwiceAsOnTheLoopEngine) {
  torch::manual_seed(1);
  PeepholeLstm module(3, 4);
  module->to(torch::kDouble);
  const PackedBatch batch{torch::randn({2, 3}, torch::kDouble), {2}};
  for (const auto& chosen : module->named_parameters().keys()) {
    SCOPED_TRACE(chosen);
    for (auto& parameter : module->named_parameters())
      parameter.value().set_requires_grad(parameter.key() == chosen);
    module->options.engine(Engine::loop);
    const auto loop = twice(*module, batch);
    module->options.engine(Engine::fused);
    const auto fused = twice(*module, batch);
    ASSERT_EQ(fused.size(), loop.size());
    for (std::size_t i = 0; i < loop.size(); ++i) EXPECT_LE(difference(fused[i], loop[i]), 1e-14);
  }
}

}  // namespace
}  // namespace carousel::testing
