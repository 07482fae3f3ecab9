// Numbers with derivatives: against finite differences, and against plain numbers.
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "carousel/cells/cifg_lstm.h"
#include "carousel/cells/cornn.h"
#include "carousel/cells/gru.h"
#include "carousel/cells/indrnn.h"
#include "carousel/cells/irnn.h"
#include "carousel/cells/leaky_rnn.h"
#include "carousel/cells/lstm.h"
#include "carousel/cells/mgu.h"
#include "carousel/cells/min_gru.h"
#include "carousel/cells/min_lstm.h"
#include "carousel/cells/paragru.h"
#include "carousel/cells/paralstm.h"
#include "carousel/cells/peephole_lstm.h"
#include "carousel/cells/rglru.h"
#include "carousel/cells/rnn.h"
#include "carousel/cells/slstm.h"
#include "carousel/cells/sru.h"
#include "carousel/cells/unit_step.h"

namespace carousel {
namespace {

using D = Dual<2>;

/// f on Dual numbers has the value that it has on Real ones, and the slopes of central differences.
template <class F> void expect_derivative(F f, double x, double y, const char* what) {
  const D dual = f(D::variable(x, 0), D::variable(y, 1));
  const auto real = [&](double a, double b) { return f(Real(a), Real(b)).value; };
  EXPECT_EQ(dual.value, real(x, y)) << what;
  constexpr double h = 1e-5;
  EXPECT_NEAR(dual.partial[0], (real(x + h, y) - real(x - h, y)) / (2 * h), 1e-8) << what << " at " << x;
  EXPECT_NEAR(dual.partial[1], (real(x, y + h) - real(x, y - h)) / (2 * h), 1e-8) << what << " at " << y;
}

TEST(Dual, HasTheSlopesOfFiniteDifferencesForEveryOperation) {
  for (const auto& [x, y] : {std::pair{0.7, 1.3}, {-0.4, 0.9}, {1.9, -0.6}, {-1.1, -2.2}}) {
    expect_derivative([](auto a, auto b) { return a + b; }, x, y, "+");
    expect_derivative([](auto a, auto b) { return a - b; }, x, y, "-");
    expect_derivative([](auto a, auto b) { return a * b; }, x, y, "*");
    expect_derivative([](auto a, auto b) { return a / b; }, x, y, "/");
    expect_derivative([](auto a, auto b) { return min(a, b); }, x, y, "min");
    expect_derivative([](auto a, auto b) { return max(a, b); }, x, y, "max");
    expect_derivative([](auto a, auto) { return -a; }, x, y, "unary -");
    expect_derivative([](auto a, auto) { return sigmoid(a); }, x, y, "sigmoid");
    expect_derivative([](auto a, auto) { return tanh(a); }, x, y, "tanh");
    expect_derivative([](auto a, auto) { return exp(a); }, x, y, "exp");
    expect_derivative([](auto a, auto) { return log(square(a) + 0.5); }, x, y, "log");
    expect_derivative([](auto a, auto) { return sqrt(square(a) + 0.5); }, x, y, "sqrt");
    expect_derivative([](auto a, auto) { return relu(a); }, x, y, "relu");
    expect_derivative([](auto a, auto) { return softplus(a); }, x, y, "softplus");
    expect_derivative([](auto a, auto) { return softplus(a + 25.0); }, x, y, "softplus above 20");
    expect_derivative([](auto a, auto) { return abs(a); }, x, y, "abs");
    expect_derivative([](auto a, auto) { return square(a); }, x, y, "square");
    expect_derivative([](auto a, auto b) { return 2.0 - tanh(a * b) / (1.5 + exp(a)) * b; }, x, y, "a whole");
  }
}

TEST(Dual, HasTorchsSlopesAtNaN) {
  const double nan = std::nan("");
  const D bad = D::variable(nan, 0), good = D::variable(1.0, 1);
  EXPECT_TRUE(std::isnan(relu(bad).value));
  EXPECT_TRUE(std::isnan(relu(Real(nan)).value));
  EXPECT_EQ(relu(bad).partial[0], 1.0);
  EXPECT_EQ(abs(bad).partial[0], 0.0);
  for (const D& extreme : {max(bad, good), max(good, bad), min(bad, good), min(good, bad)}) {
    EXPECT_TRUE(std::isnan(extreme.value));
    EXPECT_EQ(extreme.partial, (std::array{1.0, 1.0}));
  }
}

TEST(Dual, HasTorchsSlopesAtKinks) {
  const D zero = D::variable(0.0, 0), other = D::variable(0.0, 1);
  EXPECT_EQ(relu(zero).partial[0], 0.0);
  EXPECT_EQ(abs(zero).partial[0], 0.0);
  EXPECT_EQ(softplus(D::variable(25.0, 0)).partial[0], 1.0);
  for (const D& tie : {min(zero, other), max(zero, other)}) {
    EXPECT_EQ(tie.partial[0], 0.5);
    EXPECT_EQ(tie.partial[1], 0.5);
  }
}

TEST(Dual, LeavesADirectionAtZeroThatDoesNotEnterAnInfiniteSlope) {
  const D root = sqrt(D::variable(0.0, 0));
  EXPECT_TRUE(std::isinf(root.partial[0]));
  EXPECT_EQ(root.partial[1], 0.0);
}

template <class Cell> class EveryUnitStep : public testing::Test {};
using Cells = testing::Types<RnnCell, ReluRnnCell, IrnnCell, LeakyRnnCell, LstmCell, CifgLstmCell,
                             PeepholeLstmCell, SlstmCell, GruCell, MguCell, MinGruCell, MinLstmCell, SruCell,
                             IndRnnCell, ParaGruCell, ParaLstmCell, RgLruCell, CornnCell>;
TYPED_TEST_SUITE(EveryUnitStep, Cells);

TYPED_TEST(EveryUnitStep, HasThePartialsOfFiniteDifferences) {
  using Cell = TypeParam;
  constexpr std::size_t G = gate_count<Cell>, S = state_count<Cell>, P = vector_count<Cell>;
  const UnitStep& unit = unit_step<Cell>;
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> draw(-1.5, 1.5);
  for (int trial = 0; trial < 20; ++trial) {
    std::vector<double> x(2 * G + S);  // input projections, recurrent projections, states
    for (double& value : x) value = draw(random);
    std::array<double, P + 1> vectors{};
    for (double& value : vectors) value = draw(random);
    std::vector<double> partials(S * unit.directions());
    unit.partials({x.data(), x.data() + G, x.data() + 2 * G, vectors.data()}, partials.data());

    const auto states_at = [&](const std::vector<double>& at) {
      Gates<Real, G> input, recurrent;
      States<Real, S> previous;
      Vectors<Real, P> learned;
      for (std::size_t g = 0; g < G; ++g) input[g] = at[g], recurrent[g] = at[G + g];
      for (std::size_t s = 0; s < S; ++s) previous[s] = at[2 * G + s];
      for (std::size_t v = 0; v < P; ++v) learned[v] = vectors[v];
      return evaluate<Cell, Real>(input, recurrent, previous, learned).states;
    };
    for (std::size_t n = 0; n < unit.directions(); ++n) {
      const std::size_t place = unit.separate_projections || n < G ? n : n + G;
      auto above = x, below = x;
      above[place] += 1e-5, below[place] -= 1e-5;
      for (std::size_t s = 0; s < S; ++s) {
        const double slope = (states_at(above)[s].value - states_at(below)[s].value) / 2e-5;
        const double partial = partials[s * unit.directions() + n];
        EXPECT_NEAR(partial, slope, 1e-7 * std::max(1.0, std::abs(slope))) << "state " << s << " by " << n;
      }
    }
  }
}

}  // namespace
}  // namespace carousel
