// A projected h: torch's own LSTM with proj_size, on both engines.
#include <gmock/gmock.h>

#include "carousel/flow/recorder.h"
#include "carousel/flow/spectrum.h"
#include "carousel/flow/trajectory.h"
#include "carousel/recurrent/initialise.h"
#include "carousel/recurrent/recurrent.h"
#include "carousel/recurrent/stream.h"
#include "carousel/recurrent/truncated.h"
#include "carousel/torch.h"

#include "recurrent/engine_pass.h"
#include "support/error_of.h"

namespace carousel::testing {
namespace {

using torch::Tensor;
using torch::nn::LSTMOptions;

constexpr std::int64_t projected_hidden = 9, projected_size = 4;

struct ProjectedLayout {
  std::int64_t layers = 1;
  bool both = false, given = false, lengths = false;
};

std::vector<ProjectedLayout> projected_layouts() {
  std::vector<ProjectedLayout> layouts;
  for (const std::int64_t layers : {1, 2}) {
    for (const bool both : {false, true}) {
      for (const bool given : {false, true}) {
        for (const bool lengths : {false, true}) layouts.push_back({layers, both, given, lengths});
      }
    }
  }
  return layouts;
}

LSTMOptions torch_options(const ProjectedLayout& layout) {
  return LSTMOptions(3, projected_hidden)
      .num_layers(layout.layers)
      .bidirectional(layout.both)
      .proj_size(projected_size);
}

/// Outputs, last states, and the gradients of input, states and weights, of ours or torch's.
template <class Module> NamedTensors all_of_it(Module& module, const ProjectedLayout& layout) {
  torch::manual_seed(3);
  const std::int64_t rows = layout.layers * (layout.both ? 2 : 1);
  auto x = torch::randn({5, 3, 3}, torch::kDouble).requires_grad_();
  auto h = torch::randn({rows, 3, projected_size}, torch::kDouble).requires_grad_();
  auto c = torch::randn({rows, 3, projected_hidden}, torch::kDouble).requires_grad_();
  using State = std::tuple<Tensor, Tensor>;
  const auto state = layout.given ? std::optional<State>(State{h, c}) : std::nullopt;
  Tensor output;
  State last;
  if (layout.lengths) {
    const auto packed =
        torch::nn::utils::rnn::pack_padded_sequence(x, torch::tensor({2, 5, 3}), false, false);
    auto [rows_out, states] = module->forward_with_packed_input(packed, state);
    output = rows_out.data(), last = states;
  } else {
    std::tie(output, last) = module->forward(x, state);
  }
  const auto weighed = [](const Tensor& y) {
    return (y * torch::linspace(-1, 2, y.numel(), torch::kDouble).view_as(y)).sum();
  };
  (weighed(output) + weighed(std::get<0>(last).sin()) + weighed(std::get<1>(last))).backward();
  NamedTensors found{
      {"output", output}, {"h", std::get<0>(last)}, {"c", std::get<1>(last)}, {"dx", x.grad()}};
  if (layout.given) found.push_back({"dh0", h.grad()}), found.push_back({"dc0", c.grad()});
  for (const auto& parameter : module->named_parameters()) {
    found.push_back({parameter.key(), parameter.value().grad().clone()});
    parameter.value().mutable_grad() = Tensor();
  }
  return found;
}

TEST(Projection, IsTorchsOnEveryEngineWithAllGradientsAndTheSameWeightsOfASeed) {
  for (const auto& layout : projected_layouts()) {
    SCOPED_TRACE(fmt::format("{} {} {} {}", layout.layers, layout.both, layout.given, layout.lengths));
    torch::manual_seed(1);
    torch::nn::LSTM theirs(torch_options(layout));
    torch::manual_seed(1);
    Lstm ours(torch_options(layout));
    ASSERT_EQ(ours->named_parameters().keys(), theirs->named_parameters().keys());
    for (const auto& weight : theirs->named_parameters())
      EXPECT_TRUE(weight.value().equal(ours->named_parameters()[weight.key()])) << weight.key();
    theirs->to(torch::kDouble), ours->to(torch::kDouble);
    const auto expected = all_of_it(theirs, layout);
    for (const Engine engine : {Engine::loop, Engine::torch, Engine::fused}) {
      ours->options.engine(engine);
      expect_equal(all_of_it(ours, layout), expected, 1e-12);
    }
    auto copy = std::dynamic_pointer_cast<RecurrentImpl<LstmCell>>(ours->clone());
    expect_equal(all_of_it(copy, layout), expected, 1e-12);
  }
}

TEST(Projection, GoesWithResetsLearnedStartsSegmentsAndOtherLstms) {
  torch::manual_seed(1);
  const auto options = RecurrentOptions(3, projected_hidden)
                           .proj_size(projected_size)
                           .num_layers(2)
                           .learn_start(true)
                           .noise({.input = 0.2, .zoneout = {0.0, 0.3}});
  for (const bool peephole : {false, true}) {
    const std::shared_ptr<RecurrentBase> module =
        peephole ? std::shared_ptr<RecurrentBase>(std::make_shared<RecurrentImpl<PeepholeLstmCell>>(options))
                 : std::make_shared<RecurrentImpl<LstmCell>>(options);
    module->to(torch::kDouble);
    draw_starts(*module);
    const PackedBatch batch{torch::randn({17, 3}, torch::kDouble), {5, 5, 4, 2, 1}, torch::rand({17}) < 0.4};
    expect_equal(engine_pass(*module, Engine::fused, batch, {}),
                 engine_pass(*module, Engine::loop, batch, {}), 1e-12);

    module->eval();
    // A sequence in segments, and one in pieces apart.
    const auto x = torch::randn({6, 2, 3}, torch::kDouble);
    auto marks = torch::zeros({6, 2}, torch::kBool);
    marks[4].fill_(true);
    const auto whole = module->run_padded(x, {}, marks).first;
    const PackedBatch rows{x.flatten(0, 1), {2, 2, 2, 2, 2, 2}, marks.flatten()};
    EXPECT_LE(difference(run_truncated(*module, rows, {}, 2).output, whole.flatten(0, 1)), 1e-13);
    EXPECT_LE(difference(module->run_padded(x.narrow(0, 4, 2), {}).first, whole.narrow(0, 4, 2)), 1e-13);
  }
}

TEST(Projection, IsRecordedAndHasTheSpectrumOfWhatAStepReads) {
  torch::manual_seed(1);
  Lstm lstm(RecurrentOptions(3, projected_hidden).proj_size(projected_size));
  const auto recorder = std::make_shared<FlowRecorder>();
  lstm->observe(recorder);
  lstm->run_padded(torch::randn({4, 2, 3}), {}).first[3].sum().backward();
  EXPECT_EQ(recorder->take().layers.at(0).gradient_log10.at(0).size(), 4U);
  EXPECT_EQ(recurrent_spectra(*lstm).at(0).eigenvalues.size(), static_cast<std::size_t>(projected_hidden));
  std::ostringstream text;
  text << *lstm;
  EXPECT_THAT(text.str(), ::testing::HasSubstr("proj_size=4"));
}

TEST(Projection, ThatCannotBeIsRefusedInASentence) {
  using ::testing::HasSubstr;
  const auto projected = RecurrentOptions(3, 5).proj_size(2);
  EXPECT_THAT(error_of([&] { Gru{projected}; }),
              HasSubstr("h of gru cannot be projected (proj_size 2), because its step reads h"));
  EXPECT_THAT(error_of([] { Lstm(RecurrentOptions(3, 5).proj_size(5)); }),
              HasSubstr("proj_size is 5: it must be 0, or"));
  auto diagonal = projected, dropped = projected;
  EXPECT_THAT(error_of([&] { Lstm(diagonal.recurrence(Recurrence::parse("diagonal"))); }),
              HasSubstr("its recurrence is not full"));
  EXPECT_THAT(error_of([&] { Lstm(dropped.noise({.hidden = 0.1})); }),
              HasSubstr("noise drops its hidden state"));
  Lstm lstm(projected);
  EXPECT_THAT(error_of([&] { RecurrentStream{*lstm}; }), HasSubstr("(proj_size) cannot be streamed"));
  EXPECT_THAT(error_of([&] { initialise(*lstm, {.recurrent = RecurrentInit::identity}); }),
              HasSubstr("are not square"));
  EXPECT_THAT(error_of([&] {
                follow(*analysis_copy(*lstm), {.rows = {torch::zeros({2, 3}, torch::kDouble), {1, 1}},
                                               .loss = [](const Tensor& y) { return y.sum(); }});
              }),
              HasSubstr("(proj_size) cannot be analysed"));
}

}  // namespace
}  // namespace carousel::testing
