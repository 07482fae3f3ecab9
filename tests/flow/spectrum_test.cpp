// Spectra and Lyapunov exponents, where they are known exactly.
#include "carousel/flow/spectrum.h"

#include <cmath>
#include <numeric>

#include "carousel/error.h"
#include "carousel/flow/lyapunov.h"

#include "flow_support.h"
#include "support/error_of.h"

namespace carousel::testing {
namespace {

using torch::Tensor;

class LinearSpectra : public ::testing::TestWithParam<double> {};
INSTANTIATE_TEST_SUITE_P(VanishStayExplode, LinearSpectra, ::testing::Values(0.9, 1.0, 1.1));

TEST_P(LinearSpectra, HaveAllExponentsAndSingularValuesAtTheLogarithmOfRho) {
  const double rho = GetParam();
  const Followed followed(*linear_network(rho, 8), random_rows(100, 2, 3));
  const auto& jacobians = followed.jacobians[0];
  for (const LyapunovOptions& options : {LyapunovOptions{}, {.largest = 3}, {.warmup = 40}}) {
    const auto lyapunov = lyapunov_spectrum(jacobians, 1, options);
    EXPECT_EQ(lyapunov.steps, 100 - options.warmup);
    EXPECT_EQ(lyapunov.exponents.size(), options.largest == 0 ? 8u : 3u);
    for (const double exponent : lyapunov.exponents) EXPECT_NEAR(exponent, std::log(rho), 1e-9);
  }
  const auto spectrum = end_to_end_spectrum(jacobians, 1);
  EXPECT_EQ(spectrum.resolved, 8);
  for (const double value : spectrum.log10_singular_values) EXPECT_NEAR(value, 100 * std::log10(rho), 1e-9);
  EXPECT_NEAR(recurrent_spectra(*followed.copy)[0].radius, rho, 1e-12);
  EXPECT_NEAR(recurrent_spectra(*followed.copy)[0].sigma_max, rho, 1e-12);
}

// 1e4 a step over 200 steps: 10^800 and 10^-800 have no place in a double, their logarithms have.
TEST(EndToEndSpectrum, NeitherUnderflowsNorOverflows) {
  for (const double rho : {1e-4, 1e4}) {
    const auto network = linear_network(rho, 4);
    {
      const torch::NoGradGuard no_grad;
      network->weights({}).bias_ih.zero_(), network->weights({}).bias_hh.zero_();
    }
    const PackedBatch silence{torch::zeros({200, 3}, torch::kDouble), std::vector<std::int64_t>(200, 1)};
    const Followed followed(*network, silence, [](const Tensor& y) { return y[-1].sum(); });
    const auto spectrum = end_to_end_spectrum(followed.jacobians[0], 0);
    EXPECT_EQ(spectrum.resolved, 4);
    for (const double value : spectrum.log10_singular_values) EXPECT_NEAR(value, 200 * std::log10(rho), 1e-9);
  }
}

// An LSTM without recurrent weights: c alone leads back in time, dc_T/dc_0 = f_1 ... f_T, and h has no past.
TEST(LstmWithoutRecurrence, HasTheForgetGatesAsItsSpectra) {
  torch::manual_seed(3);
  const std::int64_t steps = 40, hidden = 5;
  Lstm lstm(RecurrentOptions(3, hidden));
  {
    const torch::NoGradGuard no_grad;
    lstm->weights({}).weight_hh.zero_();
  }
  const Followed followed(*lstm, random_rows(steps, 1, 3));
  const auto forgotten = followed.layers[0].gates[1].select(1, 0).log().sum(0);
  const auto expected = std::get<0>(forgotten.sort(0, true)).contiguous();

  Tensor product = torch::eye(2 * hidden, torch::kDouble);
  for (std::int64_t t = 0; t < steps; ++t) product = followed.jacobians[0].matrix(t, 0).matmul(product);
  const auto of_cell = product.narrow(0, hidden, hidden).narrow(1, hidden, hidden).diagonal();
  EXPECT_LE(((of_cell - forgotten.exp()) / forgotten.exp()).abs().max().item<double>(), 1e-9);

  const auto exponents = lyapunov_spectrum(followed.jacobians[0], 0).exponents;
  ASSERT_EQ(exponents.size(), 10u);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_NEAR(exponents[i], expected[static_cast<std::int64_t>(i)].item<double>() / 40.0, 1e-9) << i;
    EXPECT_EQ(exponents[5 + i], -INFINITY) << i;
  }
}

class DirectProduct : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Cells, DirectProduct, ::testing::Values("rnn", "lstm", "gru", "layer-norm-lstm"),
                         [](const auto& info) {
                           return info.param.substr(0, 4) == "laye" ? "ln" : info.param;
                         });

TEST_P(DirectProduct, HasTheSpectraOfRepeatedQr) {
  torch::manual_seed(6);
  const std::int64_t steps = 30;
  const auto module = CellRegistry::with_built_in().make(GetParam(), RecurrentOptions(3, 4));
  initialise(*module, {.recurrent = RecurrentInit::orthogonal});
  const Followed followed(*module, random_rows(steps, 2, 3));
  const auto& jacobians = followed.jacobians[0];
  auto q = torch::eye(jacobians.size(), torch::kDouble), r_product = q, direct = q;
  double log_determinant = 0.0;
  for (std::int64_t t = 0; t < steps; ++t) {
    const auto jacobian = jacobians.matrix(t, 0);
    direct = jacobian.matmul(direct);
    log_determinant += std::get<1>(torch::linalg_slogdet(jacobian)).item<double>();
    const auto [next, r] = torch::linalg_qr(jacobians.times(t, 0, q));
    q = next, r_product = r.matmul(r_product);
  }
  const auto exponents = lyapunov_spectrum(jacobians, 0).exponents;
  const double sum = std::accumulate(exponents.begin(), exponents.end(), 0.0) * static_cast<double>(steps);
  EXPECT_NEAR(sum, log_determinant, 1e-8 * std::abs(log_determinant));

  const auto spectrum = end_to_end_spectrum(jacobians, 0);
  const auto of_direct = torch::linalg_svdvals(direct), of_r = torch::linalg_svdvals(r_product);
  ASSERT_GE(spectrum.resolved, 1);
  for (std::int64_t i = 0; i < spectrum.resolved; ++i) {
    const double value = std::pow(10.0, spectrum.log10_singular_values[static_cast<std::size_t>(i)]);
    const double largest = of_direct[0].item<double>();
    EXPECT_NEAR(value / largest, of_direct[i].item<double>() / largest, 1e-8);
    EXPECT_NEAR(value / largest, of_r[i].item<double>() / largest, 1e-8);
  }
}

TEST(RecurrentSpectra, HaveTheEigenvaluesOfAKnownMatrix) {
  Gru gru(RecurrentOptions(1, 2));
  {
    const torch::NoGradGuard no_grad;
    auto weight = gru->weights({}).weight_hh;
    weight.copy_(torch::tensor({{0.0, -2.0}, {2.0, 0.0}, {3.0, 1.0}, {0.0, -5.0}, {0.0, 4.0}, {0.0, 0.0}}));
  }
  const auto spectra = recurrent_spectra(*gru);
  ASSERT_EQ(spectra.size(), 3u);
  EXPECT_EQ(spectra[1].gate, "update");
  EXPECT_NEAR(spectra[0].eigenvalues[0].real(), 0.0, 1e-12);  // +-2i
  EXPECT_NEAR(std::abs(spectra[0].eigenvalues[0].imag()), 2.0, 1e-12);
  EXPECT_NEAR(spectra[1].eigenvalues[0].real(), -5.0, 1e-12);  // the larger first
  EXPECT_NEAR(spectra[1].eigenvalues[1].real(), 3.0, 1e-12);
  EXPECT_NEAR(spectra[1].radius, 5.0, 1e-12);
  EXPECT_NEAR(spectra[2].radius, 0.0, 1e-7);  // nilpotent: it gains for one step, and is gone after two
  EXPECT_NEAR(spectra[2].sigma_max, 4.0, 1e-12);
}

TEST(LyapunovSpectrum, StaysAtMinusInfinityForADeadUnit) {
  ReluRnn rnn(RecurrentOptions(1, 3));
  {
    const torch::NoGradGuard no_grad;
    auto weights = rnn->weights({});
    weights.weight_ih.zero_(), weights.bias_hh.zero_();
    weights.weight_hh.copy_(torch::eye(3) * 0.5);
    weights.bias_ih.copy_(torch::tensor({1.0, -9.0, 1.0}));
  }
  const Followed followed(*rnn, random_rows(20, 1, 1));
  const auto exponents = lyapunov_spectrum(followed.jacobians[0], 0).exponents;
  EXPECT_NEAR(exponents[0], std::log(0.5), 1e-12);
  EXPECT_NEAR(exponents[1], std::log(0.5), 1e-12);
  EXPECT_EQ(exponents[2], -INFINITY);
}

// W_hh = u v^T has rank 1: what QR leaves of the other directions is rounding, and not a rate.
TEST(LyapunovSpectrum, TakesRoundingForTheZeroThatItIs) {
  const auto network = linear_network(1.0, 5);
  const auto u = torch::randn({5}, torch::kDouble), v = torch::randn({5}, torch::kDouble);
  {
    const torch::NoGradGuard no_grad;
    network->weights({}).weight_hh.copy_(0.8 / u.dot(v) * u.outer(v));
  }
  const Followed followed(*network, random_rows(20, 1, 3));
  const auto exponents = lyapunov_spectrum(followed.jacobians[0], 0, {.warmup = 1}).exponents;
  EXPECT_NEAR(exponents[0], std::log(0.8), 1e-12);
  for (std::size_t i = 1; i < 5; ++i) EXPECT_EQ(exponents[i], -INFINITY) << i;
}

TEST(LyapunovSpectrum, RefusesWhatLeavesNothingToCount) {
  const Followed followed(*linear_network(1.0, 4), random_rows(5, 1, 3));
  const auto with = [&](const LyapunovOptions& options) {
    return error_of([&] { lyapunov_spectrum(followed.jacobians[0], 0, options); });
  };
  EXPECT_NE(with({.warmup = 5}), "");
  EXPECT_NE(with({.largest = 5}), "");
  EXPECT_EQ(with({.largest = 4, .warmup = 4}), "");
}

}  // namespace
}  // namespace carousel::testing
