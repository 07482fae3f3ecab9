// The engine torch: torch's own layer wherever nobody looks inside.
#include <ATen/autocast_mode.h>
#include <ATen/record_function.h>
#include <gmock/gmock.h>
#include <torch/nn/modules/rnn.h>

#include "carousel/flow/recorder.h"
#include "carousel/recurrent/cell_registry.h"
#include "carousel/recurrent/listening.h"
#include "carousel/recurrent/recurrent.h"
#include "carousel/torch.h"

#include "recurrent/engine_pass.h"
#include "support/error_of.h"

namespace carousel::testing {
namespace {

using ::testing::HasSubstr;
using torch::Tensor;

thread_local std::vector<std::string> layers_called;

/// Names of torch's layers that were called while `work` ran.
std::vector<std::string> torch_layers_in(const std::function<void()>& work) {
  layers_called.clear();
  const auto handle =
      at::addThreadLocalCallback(at::RecordFunctionCallback([](const at::RecordFunction& function) {
                                   const std::string name = function.name();
                                   if (name == "aten::lstm" || name == "aten::gru" ||
                                       name == "aten::rnn_tanh" || name == "aten::rnn_relu")
                                     layers_called.push_back(name);
                                   return std::unique_ptr<at::ObserverContext>();
                                 }).scopes({at::RecordScope::FUNCTION}));
  const at::RecordFunctionGuard guard(true);
  work();
  at::removeCallback(handle);
  return layers_called;
}

std::shared_ptr<RecurrentBase> torch_module(const std::string& cell, RecurrentOptions options) {
  torch::manual_seed(1);
  const auto module = CellRegistry::with_built_in().make(cell, options.engine(Engine::torch));
  module->to(torch::kDouble);
  draw_starts(*module);
  return module;
}

TEST(TorchEngine, ComputesWhatTheLoopDoesForEveryCellThatTorchHas) {
  for (const char* cell : {"lstm", "gru", "rnn", "relu-rnn", "irnn"}) {
    for (const bool both : {false, true}) {
      for (const bool bias : {false, true}) {
        SCOPED_TRACE(fmt::format("{} {} {}", cell, both, bias));
        const auto options =
            RecurrentOptions(3, 5).num_layers(2).bidirectional(both).bias(bias).learn_start(both);
        const auto module = torch_module(cell, options);
        for (const std::vector<std::int64_t>& sizes : {std::vector<std::int64_t>{3, 3, 3}, {3, 2, 2, 1}}) {
          const PackedBatch batch{torch::randn({sizes.size() == 3 ? 9 : 8, 3}, torch::kDouble), sizes};
          for (const auto& initial : {std::vector<Tensor>{}, states_for(*module, 3)}) {
            NamedTensors torchs;
            const auto called =
                torch_layers_in([&] { torchs = engine_pass(*module, Engine::torch, batch, initial); });
            EXPECT_EQ(called.size(), 1u);
            expect_equal(torchs, engine_pass(*module, Engine::loop, batch, initial), 1e-12);
          }
        }
      }
    }
  }
}

TEST(TorchEngine, GivesTheBitsOfTorchsModuleAlsoWithDropout) {
  torch::manual_seed(1);
  torch::nn::LSTM theirs(torch::nn::LSTMOptions(3, 4).num_layers(2).dropout(0.4));
  torch::manual_seed(1);
  Lstm ours(RecurrentOptions(torch::nn::LSTMOptions(3, 4).num_layers(2).dropout(0.4)).engine(Engine::torch));
  const auto x = torch::randn({6, 2, 3});
  for (const bool training : {true, false}) {
    theirs->train(training), ours->train(training);
    torch::manual_seed(2);
    const auto expected = std::get<0>(theirs->forward(x));
    torch::manual_seed(2);
    EXPECT_TRUE(std::get<0>(ours->forward(x)).equal(expected));
  }
}

TEST(TorchEngine, LeavesACallThatIsObservedToTheLoopWithTheSameRecord) {
  const auto module = torch_module("lstm", RecurrentOptions(3, 5).num_layers(2));
  const auto x = torch::randn({7, 2, 3}, torch::kDouble);
  const auto recorded = [&](Engine engine) {
    module->options.engine(engine);
    const auto recorder = std::make_shared<FlowRecorder>();
    const auto called = torch_layers_in([&] {
      const Listening listening(*module, recorder);
      module->run_padded(x, {}).first.square().sum().backward();
    });
    EXPECT_THAT(called, ::testing::IsEmpty());
    return recorder->take();
  };
  const auto record = recorded(Engine::torch);
  EXPECT_EQ(record.layers.at(1).gradient_log10.at(0).size(), 7u);
  EXPECT_EQ(record.to_json(), recorded(Engine::loop).to_json());
  module->options.engine(Engine::torch);
  EXPECT_EQ(torch_layers_in([&] { module->run_padded(x, {}); }), std::vector<std::string>{"aten::lstm"});
}

TEST(TorchEngine, LeavesResetsAndCallsWithoutStepsToTheLoop) {
  const auto module = torch_module("gru", RecurrentOptions(3, 5));
  const auto x = torch::randn({4, 2, 3}, torch::kDouble);
  const auto resets = torch::tensor({{0, 0}, {1, 0}, {0, 1}, {0, 0}}).to(torch::kBool);
  const auto ran = module->run_padded(x, {}, resets).first;
  module->options.engine(Engine::loop);
  EXPECT_TRUE(ran.equal(module->run_padded(x, {}, resets).first));
  module->options.engine(Engine::torch);
  EXPECT_EQ(module->run_padded(x.narrow(0, 0, 0), {}).first.sizes(), (std::vector<std::int64_t>{0, 2, 5}));
  const auto none = torch::zeros({4, 2}, torch::kBool);  // marks nothing
  EXPECT_EQ(torch_layers_in([&] { module->run_padded(x, {}, none); }).size(), 1u);
}

TEST(TorchEngine, ConvertsUnderAutocastAsTheLoopDoes) {
  Lstm module(RecurrentOptions(3, 5).engine(Engine::torch));
  const auto x = torch::randn({4, 2, 3}).to(torch::kBFloat16);
  at::autocast::set_autocast_enabled(torch::kCPU, true);
  at::autocast::set_autocast_dtype(torch::kCPU, torch::kBFloat16);
  const auto narrow = std::get<0>(module->forward(x));
  at::autocast::set_autocast_enabled(torch::kCPU, false);
  at::autocast::clear_cache();
  const auto wide = std::get<0>(module->forward(x.to(torch::kFloat)));
  EXPECT_LT((narrow.to(torch::kFloat) - wide).abs().max().item<double>(), 0.02);
}

TEST(TorchEngine, SaysWhatItIsAndWhyItCannotBe) {
  const auto refusal = [](const char* cell, RecurrentOptions options) {
    return error_of([&] { torch_module(cell, options)->engine_choice(); });
  };
  EXPECT_EQ(torch_module("lstm", RecurrentOptions(3, 5))->engine_choice().reason,
            "torch's own layer on cpu, and the loop where steps are recorded");
  EXPECT_EQ(
      refusal("peephole-lstm", RecurrentOptions(3, 5)),
      "the engine torch cannot run peephole-lstm, because torch has no layer of it: choose the engine auto "
      "or loop");
  EXPECT_THAT(refusal("gru", RecurrentOptions(3, 8).recurrence(Recurrence::parse("heads:4"))),
              HasSubstr("because torch's layer has a full recurrence alone"));
  EXPECT_THAT(refusal("lstm", RecurrentOptions(3, 5).noise({.hidden = 0.2})),
              HasSubstr("has no noise inside the recurrence"));
}

TEST(TorchEngine, IsWhatTheCellsNamedAfterTorchRunOnUnlessAnotherIsAskedFor) {
  const auto cells = CellRegistry::with_built_in();
  EXPECT_EQ(cells.make("torch-gru", RecurrentOptions(3, 5))->engine_choice().engine, Engine::torch);
  EXPECT_EQ(cells.make("torch-gru", RecurrentOptions(3, 5).engine(Engine::fused))->engine_choice().engine,
            Engine::fused);
  EXPECT_EQ(cells.make("gru", RecurrentOptions(3, 5))->engine_choice().engine, Engine::fused);
}

}  // namespace
}  // namespace carousel::testing
