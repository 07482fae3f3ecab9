// Noise inside the recurrence: its masks, that both engines draw the same, and what evaluation sees.
#include <ATen/Parallel.h>
#include <gmock/gmock.h>

#include "carousel/flow/jacobian.h"
#include "carousel/flow/recorder.h"
#include "carousel/recurrent/cell_registry.h"
#include "carousel/recurrent/recurrent.h"
#include "carousel/recurrent/stream.h"
#include "carousel/recurrent/truncated.h"
#include "carousel/torch.h"

#include "recurrent/engine_pass.h"
#include "support/error_of.h"

namespace carousel::testing {
namespace {

using torch::Tensor;

constexpr std::int64_t noisy_units = 38;

std::shared_ptr<RecurrentBase> noisy(const std::string& cell, const Noise& noise,
                                     RecurrentOptions options = {3, noisy_units}) {
  const auto module = CellRegistry::with_built_in().make(cell, options.noise(noise));
  module->to(torch::kDouble);
  return module;
}

/// All noise that a cell can have.
Noise everything(const CellFacts& cell, const Recurrence& recurrence) {
  const bool product = recurrence.form != Recurrence::Form::none;
  return {.hidden = product ? 0.15 : 0.0,
          .input = 0.2,
          .update = cell.write_gate >= 0 ? 0.4 : 0.0,
          .weight = product ? 0.1 : 0.0,
          .zoneout = std::vector<double>(cell.states.size(), 0.35)};
}

Tensor row_of(const LayerNoise& noise, Drawn what, std::int64_t step, std::int64_t sequence,
              std::int64_t units) {
  auto row = torch::empty({units}, torch::kDouble);
  noise.factors(what, step, sequence, units, row.mutable_data_ptr<double>());
  return row;
}

TEST(Noise, IsTheSameOnBothEnginesForEveryCell) {
  const auto cells = CellRegistry::with_built_in();
  for (const auto& name : cells.names()) {
    if (!cells.find(name).has_kernels || name.starts_with("torch-")) continue;
    for (const char* text : {"full", "heads:2", "diagonal", "none"}) {
      if (name != "lstm" && name != "gru" && std::string_view(text).starts_with("heads")) continue;
      for (const bool both : {false, true}) {
        SCOPED_TRACE(fmt::format("{} {} {}", name, text, both));
        torch::manual_seed(1);
        const auto form = Recurrence::parse(text);
        const auto module = noisy(name, everything(cells.find(name).facts, form),
                                  RecurrentOptions(3, noisy_units)
                                      .num_layers(2)
                                      .bidirectional(both)
                                      .save_memory(both)
                                      .recurrence(form));
        const PackedBatch batch{torch::randn({17, 3}, torch::kDouble),
                                {5, 5, 4, 2, 1},
                                both ? torch::rand({17}) < 0.3 : Tensor()};
        const auto initial = both ? states_for(*module, 5) : std::vector<Tensor>{};
        const auto fused = engine_pass(*module, Engine::fused, batch, initial);
        expect_equal(fused, engine_pass(*module, Engine::loop, batch, initial), 1e-12);
        module->eval();
        const auto quiet = engine_pass(*module, Engine::fused, batch, initial);
        expect_equal(quiet, engine_pass(*module, Engine::loop, batch, initial), 1e-12);
        EXPECT_GT(difference(quiet[0].tensor, fused[0].tensor), 1e-3)
            << "training draws, evaluation does not";
      }
    }
  }
}

TEST(Noise, HasTheGradientOfItsFiniteDifferencesWhereItIsHeldFixed) {
  torch::manual_seed(1);
  const auto module =
      noisy("lstm", {.hidden = 0.3, .input = 0.2, .update = 0.4, .weight = 0.2, .zoneout = {0.3, 0.2}},
            RecurrentOptions(3, 6).engine(Engine::fused));
  const auto x = torch::randn({5, 2, 3}, torch::kDouble);
  const auto loss = [&] {
    torch::manual_seed(9);
    return module->run_padded(x, {}).first.square().sum();
  };
  const auto found = torch::autograd::grad({loss()}, module->parameters());
  const torch::NoGradGuard no_grad;
  constexpr double step = 1e-6;
  for (std::size_t p = 0; p < found.size(); ++p) {
    auto values = module->parameters()[p].flatten();
    for (std::int64_t i = 0; i < values.numel(); i += 7) {
      const double before = values[i].item<double>();
      values[i] = before + step;
      const double above = loss().item<double>();
      values[i] = before - step;
      const double below = loss().item<double>();
      values[i] = before;
      EXPECT_NEAR((above - below) / (2 * step), found[p].flatten()[i].item<double>(), 1e-7) << p << " " << i;
    }
  }
}

TEST(Noise, DropsTheShareAskedForIndependentlyOfUnitSequenceStepLayerAndSeed) {
  constexpr std::int64_t many = 200'000;
  const double p = 0.3, kept = 1.0 / 0.7;
  const Noise options{.hidden = p, .update = p};
  const auto row = [&](std::uint64_t seed, std::int64_t layer, Drawn what, std::int64_t step,
                       std::int64_t sequence) {
    return row_of(LayerNoise(options, true, seed, {layer, false}, 0), what, step, sequence, many);
  };
  const auto base = row(7, 0, Drawn::update, 3, 2);
  EXPECT_TRUE(((base == 0.0) | (base == kept)).all().item<bool>());
  EXPECT_NEAR(base.mean().item<double>(), 1.0, 0.006);
  const auto correlation = [](const Tensor& a, const Tensor& b) {
    return ((a - 1.0) * (b - 1.0)).mean().item<double>() / (0.3 / 0.7);
  };
  // 4.5 standard deviations of the correlation of independent masks.
  const double limit = 4.5 / std::sqrt(static_cast<double>(many));
  for (std::int64_t lag : {1, 2, 8, 16})
    EXPECT_LT(std::abs(correlation(base.narrow(0, lag, many - lag), base.narrow(0, 0, many - lag))), limit)
        << lag;
  EXPECT_LT(std::abs(correlation(base, row(7, 0, Drawn::update, 4, 2))), limit) << "step";
  EXPECT_LT(std::abs(correlation(base, row(7, 0, Drawn::update, 3, 3))), limit) << "sequence";
  EXPECT_LT(std::abs(correlation(base, row(7, 1, Drawn::update, 3, 2))), limit) << "layer";
  EXPECT_LT(std::abs(correlation(base, row(8, 0, Drawn::update, 3, 2))), limit) << "seed";
  EXPECT_LT(std::abs(correlation(base, row(7, 0, Drawn::hidden, 3, 2))), limit) << "what";
  EXPECT_TRUE(row(7, 0, Drawn::hidden, 3, 2).equal(row(7, 0, Drawn::hidden, 9, 2))) << "one mask a sequence";
  const auto of_direction = [&](Drawn what, bool reverse) {
    return row_of(LayerNoise({.hidden = p, .input = p}, true, 7, {1, reverse}, 0), what, 0, 2, many);
  };
  EXPECT_TRUE(of_direction(Drawn::input, false).equal(of_direction(Drawn::input, true)))
      << "both read one input";
  EXPECT_FALSE(of_direction(Drawn::hidden, false).equal(of_direction(Drawn::hidden, true)));
}

TEST(Noise, IsBitForBitTheSameWithAnyNumberOfThreads) {
  const auto module =
      noisy("lstm", everything(facts_of<LstmCell>(), {}), RecurrentOptions(16, 64).engine(Engine::fused));
  const auto x = torch::randn({20, 9, 16}, torch::kDouble);
  const int before = at::get_num_threads();
  std::vector<Tensor> outputs;
  for (const int threads : {1, 2, 3}) {
    at::set_num_threads(threads);
    torch::manual_seed(3);
    outputs.push_back(module->run_padded(x, {}).first);
  }
  at::set_num_threads(before);
  EXPECT_TRUE(outputs[0].equal(outputs[1]));
  EXPECT_TRUE(outputs[0].equal(outputs[2]));
}

/// A unit that adds its input of 1 at every step: h' = relu(x + u h), u = 1.
std::shared_ptr<RecurrentBase> adder(const Noise& noise) {
  const auto module = noisy("relu-rnn", noise,
                            RecurrentOptions(1, 4000).recurrence(Recurrence::parse("diagonal")).bias(false));
  const torch::NoGradGuard no_grad;
  for (auto& parameter : module->parameters()) parameter.fill_(1.0);
  return module;
}

TEST(Noise, OfTheHiddenStateIsOneMaskASequence) {
  const auto module = adder({.hidden = 0.5});
  const auto h = module->run_padded(torch::ones({4, 2, 1}, torch::kDouble), {}).first[3];
  // A dropped unit never sees what it was: 1. A kept one sees it twice as large: 1 + 2 (1 + 2 (1 + 2)) = 15.
  EXPECT_TRUE(((h == 1.0) | (h == 15.0)).all().item<bool>());
  EXPECT_NEAR((h == 1.0).to(torch::kDouble).mean().item<double>(), 0.5, 0.03);
  EXPECT_FALSE(h[0].equal(h[1]));
}

TEST(Noise, OfWeightsIsOneMaskACallAndOfTheInputOneASequence) {
  const auto x = torch::ones({3, 2, 1}, torch::kDouble);
  const auto weights = adder({.weight = 0.5})->run_padded(x, {}).first[2];
  EXPECT_TRUE(((weights == 1.0) | (weights == 7.0)).all().item<bool>());
  EXPECT_TRUE(weights[0].equal(weights[1])) << "of all sequences the same";
  const auto first = adder({.input = 0.5})->run_padded(torch::ones({3, 64, 1}, torch::kDouble), {}).first[2];
  EXPECT_TRUE(((first == 0.0) | (first == 6.0)).all().item<bool>());
  EXPECT_TRUE((first.amax(1) == first.amin(1)).all().item<bool>())
      << "the one input of a sequence, for all units";
}

TEST(Noise, OfTheUpdateIsDrawnAtEveryStepAndLeavesTheMemoryAlone) {
  const auto module = noisy("lstm", {.update = 0.5}, RecurrentOptions(1, 2000));
  {
    const torch::NoGradGuard no_grad;
    for (auto& parameter : module->parameters()) parameter.zero_();
    auto bias = module->weights({}).bias_ih;
    bias.narrow(0, 0, 2000).fill_(100.0), bias.narrow(0, 2000, 2000).fill_(100.0);  // i = f = 1
    bias.narrow(0, 4000, 2000).fill_(100.0);                                        // g = 1
  }
  for (const Engine engine : {Engine::loop, Engine::fused}) {
    module->options.engine(engine);
    torch::manual_seed(2);
    const auto c = module->run_padded(torch::zeros({8, 1, 1}, torch::kDouble), {}).second[1].flatten();
    // c counts the steps whose update was let in, 2 each: binomial of 8 steps.
    EXPECT_NEAR(c.mean().item<double>(), 8.0, 0.3);
    EXPECT_NEAR(c.var().item<double>(), 4.0 * 8 * 0.25, 0.8);
  }
}

TEST(Noise, OfZoneoutKeepsAUnitsValueAndEvaluatesToTheExpectation) {
  const auto module = adder({.zoneout = {0.25}});
  const auto x = torch::ones({8, 1, 1}, torch::kDouble);
  const auto h = module->run_padded(x, {}).first[7].flatten();
  EXPECT_NEAR(h.mean().item<double>(), 8 * 0.75, 0.1);  // steps at which the unit counted on
  EXPECT_NEAR(h.var().item<double>(), 8 * 0.75 * 0.25, 0.12);
  EXPECT_TRUE((h == h.round()).all().item<bool>());
  module->eval();
  const auto expected = module->run_padded(x, {}).first[7].flatten();
  EXPECT_LE(difference(expected, torch::full({4000}, 6.0, torch::kDouble)), 1e-14);
}

TEST(Noise, IsMeasuredAlikeByBothEnginesAndInExpectationByEveryReading) {
  torch::manual_seed(1);
  const auto module = noisy("lstm", {.hidden = 0.2, .zoneout = {0.3, 0.1}}, RecurrentOptions(3, 5));
  const auto x = torch::randn({6, 2, 3}, torch::kDouble);
  std::vector<FlowRecord> records;
  for (const Engine engine : {Engine::loop, Engine::fused}) {
    module->options.engine(engine);
    const auto recorder = std::make_shared<FlowRecorder>();
    module->observe(recorder);
    torch::manual_seed(4);
    module->run_padded(x, {}).first.square().sum().backward();
    records.push_back(recorder->take());
  }
  module->observe(nullptr);
  for (std::size_t s = 0; s < 2; ++s) {
    for (std::size_t t = 0; t < 6; ++t) {
      const double loop = records[0].layers[0].gradient_log10[s][t],
                   fused = records[1].layers[0].gradient_log10[s][t];
      EXPECT_TRUE(loop == fused || std::abs(loop - fused) < 1e-12)
          << s << " " << t << ": " << loop << " " << fused;
    }
  }
  module->eval();
  const auto whole = module->run_padded(x, {}).first;
  RecurrentStream stream(*module);
  for (std::int64_t t = 0; t < 6; ++t) EXPECT_LE(difference(stream.step(x[t][0]), whole[t][0]), 1e-13);
  const auto copy = analysis_copy(*module);
  const auto layers = follow(*copy, {.rows = {x.flatten(0, 1), {2, 2, 2, 2, 2, 2}},
                                     .loss = [](const Tensor& rows) { return rows.sum(); }});
  EXPECT_LE(difference(layers[0].states[0][6], whole[5]), 1e-13);
  const StepJacobians jacobians(*copy, layers[0]);
  auto h = layers[0].states[0][2].detach().clone().requires_grad_(),
       c = layers[0].states[1][2].detach().clone();
  const auto next = copy->run_padded(x.narrow(0, 2, 1), {h.unsqueeze(0), c.unsqueeze(0)}).first[0][0];
  for (std::int64_t unit = 0; unit < 5; ++unit) {
    const auto row = torch::autograd::grad({next[unit]}, {h}, {}, true)[0][0];
    EXPECT_LE(difference(jacobians.matrix(2, 0)[unit].narrow(0, 0, 5), row), 1e-13);
  }
}

TEST(Noise, OfASequenceInSegmentsKeepsItsMaskAndDrawsTheNextSteps) {
  const auto module = adder({.hidden = 0.5});
  const PackedBatch batch{torch::ones({4, 1}, torch::kDouble), {1, 1, 1, 1}};
  const auto h = run_truncated(*module, batch, {}, 2).output[3];
  EXPECT_TRUE(((h == 1.0) | (h == 15.0)).all().item<bool>());
  const auto zoned = adder({.zoneout = {0.5}});
  const auto counted = run_truncated(*zoned, batch, {}, 2).output;
  const auto first = counted[1], second = counted[3] - counted[1];
  EXPECT_FALSE(first.equal(second)) << "the steps of the second segment are not those of the first";
}

TEST(Noise, ThatACellHasNoPlaceForIsRefusedInASentence) {
  using ::testing::HasSubstr;
  EXPECT_THAT(error_of([] { noisy("lstm", {.hidden = 1.0}); }),
              HasSubstr("dropout of the hidden state is 1: it must be at least 0 and below 1"));
  EXPECT_THAT(error_of([] { noisy("gru", {.zoneout = {0.1, 0.1}}); }),
              HasSubstr("zoneout has 2 probabilities, but gru has 1 states"));
  EXPECT_THAT(error_of([] { noisy("gru", {.update = 0.1}); }), HasSubstr("gru names no write gate"));
  EXPECT_THAT(error_of([] {
                noisy("lstm", {.weight = 0.1}, RecurrentOptions(3, 4).recurrence(Recurrence::parse("none")));
              }),
              HasSubstr("lstm has no recurrent product here"));
  EXPECT_THAT(error_of([] { noisy("layer-norm-lstm", {.hidden = 0.1}); }),
              HasSubstr("has a product of its own"));
  EXPECT_THAT(error_of([] { noisy("torch-gru", {.zoneout = {0.1}})->engine_choice(); }),
              HasSubstr("the engine torch cannot run gru, because torch's layer is closed"));
}

}  // namespace
}  // namespace carousel::testing
