// Recurrences that are not one full matrix: what they are, on both engines, and that the engines agree.
#include <gmock/gmock.h>

#include "carousel/flow/spectrum.h"
#include "carousel/recurrent/cell_registry.h"
#include "carousel/recurrent/initialise.h"
#include "carousel/recurrent/recurrent_product.h"
#include "carousel/recurrent/stream.h"
#include "carousel/torch.h"

#include "recurrent/engine_pass.h"
#include "support/error_of.h"

namespace carousel::testing {
namespace {

using torch::Tensor;

constexpr std::int64_t units = 38;  // of two heads, neither of a vector's width

std::vector<Recurrence> all_forms() {
  std::vector<Recurrence> forms;
  for (const char* text : {"full", "heads:1", "heads:2", "diagonal", "none"})
    forms.push_back(Recurrence::parse(text));
  return forms;
}

std::shared_ptr<RecurrentBase> module_of(const std::string& cell, const Recurrence& form,
                                         RecurrentOptions options = {3, units}) {
  return CellRegistry::with_built_in().make(cell, options.recurrence(form));
}

TEST(Recurrence, IsTheSameOnBothEnginesForEveryCell) {
  torch::manual_seed(1);
  const auto cells = CellRegistry::with_built_in();
  for (const auto& name : cells.names()) {
    if (!cells.find(name).has_kernels || name.starts_with("torch-")) continue;
    for (const auto& form : all_forms()) {
      for (const bool both : {false, true}) {
        SCOPED_TRACE(fmt::format("{} {} {}", name, form.text(), both));
        const auto module =
            module_of(name, form, RecurrentOptions(3, units).num_layers(2).bidirectional(both));
        module->to(torch::kDouble);
        const PackedBatch batch{torch::randn({5 + 4 + 2 + 1, 3}, torch::kDouble), {5, 4, 2, 1}};
        const auto initial = both ? states_for(*module, 5) : std::vector<Tensor>{};
        expect_equal(engine_pass(*module, Engine::fused, batch, initial),
                     engine_pass(*module, Engine::loop, batch, initial), 1e-12);
      }
    }
  }
}

TEST(Recurrence, IsAFullOneWithZerosWhereAUnitReadsNothing) {
  torch::manual_seed(1);
  for (const char* cell : {"lstm", "gru", "rnn"}) {
    for (const auto& form : all_forms()) {
      SCOPED_TRACE(fmt::format("{} {}", cell, form.text()));
      const auto module = module_of(cell, form), full = module_of(cell, {});
      module->to(torch::kDouble), full->to(torch::kDouble);
      const auto from = module->weights({}), to = full->weights({});
      {
        const torch::NoGradGuard no_grad;
        to.weight_ih.copy_(from.weight_ih), to.bias_ih.copy_(from.bias_ih), to.bias_hh.copy_(from.bias_hh);
        to.weight_hh.copy_(
            dense_recurrent(from.weight_hh, from.weight_ih, to.weight_hh.size(0) / units, units));
      }
      const auto x = torch::randn({6, 2, 3}, torch::kDouble);
      const auto expected = full->run_padded(x, {}).first;
      EXPECT_LE(difference(module->run_padded(x, {}).first, expected), 1e-13);
      RecurrentStream stream(*module);
      for (std::int64_t t = 0; t < 6; ++t) EXPECT_LE(difference(stream.step(x[t][0]), expected[t][0]), 1e-13);
    }
  }
}

TEST(Recurrence, OfHeadsReadsWithinItsHeadAlone) {
  const auto module = module_of("lstm", Recurrence::parse("heads:2"));
  EXPECT_EQ(module->weights({}).weight_hh.sizes(), (std::vector<std::int64_t>{2, 4 * units / 2, units / 2}));
  const auto x = torch::zeros({1, 1, 3});
  const auto change_of = [&](std::int64_t unit) {
    auto h = torch::zeros({1, 1, units});
    const auto c = torch::zeros({1, 1, units});
    const auto before = module->run_padded(x, {h, c}).first;
    h[0][0][unit] = 1.0;
    return (module->run_padded(x, {h, c}).first - before).flatten().abs();
  };
  EXPECT_EQ(change_of(0).narrow(0, units / 2, units / 2).max().item<float>(), 0.0F);
  EXPECT_GT(change_of(0).narrow(0, 0, units / 2).min().item<float>(), 0.0F);
  EXPECT_EQ(change_of(units - 1).narrow(0, 0, units / 2).max().item<float>(), 0.0F);
}

TEST(Recurrence, StartsByHeadOrDiagonal) {
  torch::manual_seed(1);
  const auto heads = module_of("rnn", Recurrence::parse("heads:2")),
             diagonal = module_of("rnn", Recurrence::parse("diagonal"));
  for (const auto& module : {heads, diagonal})
    initialise(*module, {.recurrent = RecurrentInit::radius, .radius = 0.7});
  for (const auto& block : recurrent_blocks(heads->weights({}).weight_hh, 0, units))
    EXPECT_NEAR(spectral_radius(block), 0.7, 1e-5);
  EXPECT_NEAR(diagonal->weights({}).weight_hh.abs().max().item<double>(), 0.7, 1e-6);
  initialise(*diagonal, {.recurrent = RecurrentInit::orthogonal});
  EXPECT_TRUE(diagonal->weights({}).weight_hh.abs().equal(torch::ones({units})));
  const auto spectra = recurrent_spectra(*diagonal);
  ASSERT_EQ(spectra.size(), 1U);
  EXPECT_NEAR(spectra[0].radius, 1.0, 1e-12);
  EXPECT_TRUE(recurrent_spectra(*module_of("rnn", Recurrence::parse("none"))).empty());
}

TEST(Recurrence, HasTheSpectrumOfTheMatrixWrittenOut) {
  torch::manual_seed(1);
  for (const char* text : {"heads:2", "diagonal"}) {
    const auto module = module_of("lstm", Recurrence::parse(text));
    const auto weights = module->weights({});
    const auto dense =
        dense_recurrent(weights.weight_hh, weights.weight_ih, 4, units).detach().to(torch::kDouble);
    const auto spectra = recurrent_spectra(*module);
    ASSERT_EQ(spectra.size(), 4U);
    for (std::int64_t g = 0; g < 4; ++g) {
      const auto block = dense.narrow(0, g * units, units);
      const auto expected = std::get<0>(torch::linalg_eigvals(block).abs().sort(0, /*descending=*/true));
      const auto& found = spectra[static_cast<std::size_t>(g)];
      ASSERT_EQ(found.eigenvalues.size(), static_cast<std::size_t>(units));
      for (std::int64_t i = 0; i < units; ++i)
        EXPECT_NEAR(std::abs(found.eigenvalues[static_cast<std::size_t>(i)]), expected[i].item<double>(),
                    1e-12);
      EXPECT_NEAR(found.sigma_max, torch::linalg_svdvals(block)[0].item<double>(), 1e-12);
    }
  }
}

TEST(Recurrence, ThatCannotBeIsRefusedInASentence) {
  using ::testing::HasSubstr;
  EXPECT_THAT(error_of([] { Recurrence::parse("heads:0"); }),
              HasSubstr("the recurrence is 'heads:0': it must be"));
  EXPECT_THAT(error_of([] { Recurrence::parse("band"); }),
              HasSubstr("full, heads:N such as heads:4, diagonal or none"));
  EXPECT_THAT(error_of([] { module_of("lstm", Recurrence::parse("heads:5")); }),
              HasSubstr("38 units cannot be shared out among 5 heads"));
  EXPECT_THAT(error_of([] { module_of("layer-norm-lstm", Recurrence::parse("diagonal")); }),
              HasSubstr("the recurrence of layer-norm-lstm cannot be diagonal"));
  EXPECT_THAT(error_of([] { module_of("torch-gru", Recurrence::parse("none"))->engine_choice(); }),
              HasSubstr("torch's layer has a full recurrence alone"));
}

}  // namespace
}  // namespace carousel::testing
