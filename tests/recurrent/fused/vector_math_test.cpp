// exp, sigmoid, tanh and their kin on vectors: units in the last place against long double, over all exponents.
#include "carousel/recurrent/fused/vector_math.h"

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "carousel/recurrent/fused/evaluation.h"

namespace carousel::fused {
namespace {

/// Every exponent of T with both signs and some mantissas, and the numbers at which something changes.
template <class T> std::vector<T> arguments() {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> mantissa(1.0, 2.0);
  std::vector<T> xs{0, std::numeric_limits<T>::max(), std::numeric_limits<T>::denorm_min()};
  for (const double x : {1.0, 10.0, 20.0, 20.00001, 87.4, 88.7, 89.0, 104.5, 708.5, 709.8, 745.2}) {
    xs.push_back(static_cast<T>(x));
  }
  const int lowest = std::numeric_limits<T>::min_exponent - std::numeric_limits<T>::digits;
  for (int e = lowest; e < std::numeric_limits<T>::max_exponent; ++e) {
    for (int i = 0; i < 24; ++i) xs.push_back(static_cast<T>(std::ldexp(mantissa(random), e)));
  }
  std::uniform_real_distribution<double> usual(-30, 30), wide(-760, 760);
  for (int i = 0; i < 40000; ++i)
    xs.push_back(static_cast<T>(usual(random))), xs.push_back(static_cast<T>(wide(random)));
  const std::size_t half = xs.size();
  for (std::size_t i = 0; i < half; ++i) xs.push_back(-xs[i]);
  while (xs.size() % 16 != 0) xs.push_back(1);
  return xs;
}

/// |got - exact| in units of the last place of T at `exact`.
template <class T> double ulps(T got, long double exact) {
  if (std::isnan(exact)) return std::isnan(got) ? 0.0 : INFINITY;
  const T rounded = static_cast<T>(exact);
  if (std::isinf(rounded) || std::isinf(got)) return got == rounded ? 0.0 : INFINITY;
  const T at = std::max(std::abs(rounded), std::numeric_limits<T>::min());
  const long double unit =
      static_cast<long double>(std::nextafter(at, std::numeric_limits<T>::infinity())) - at;
  return static_cast<double>(std::abs(static_cast<long double>(got) - exact) / unit);
}

template <class V, class Function, class Exact> double worst(Function function, Exact exact) {
  using T = Element<V>;
  double most = 0.0;
  T at = 0;
  const auto xs = arguments<T>();
  for (std::size_t i = 0; i < xs.size(); i += static_cast<std::size_t>(lanes<V>)) {
    // Not returned: a vector wider than the build's own instruction set has no place in the calling convention.
    V y;
    function(load<V>(&xs[i]), y);
    for (int lane = 0; lane < lanes<V>; ++lane) {
      const T x = xs[i + static_cast<std::size_t>(lane)];
      const double error = ulps<T>(y[lane], exact(static_cast<long double>(x)));
      if (!(error <= most)) most = error, at = x;
    }
  }
  EXPECT_FALSE(std::isnan(most)) << "at " << at;
  return most;
}

long double exact_sigmoid(long double x) {
  return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x));
}
long double exact_softplus(long double x) {
  return x > 20 ? x : std::log1p(std::exp(x));
}

template <class V> class VectorMath : public ::testing::Test {};
using EveryVector = ::testing::Types<Vector<float, 16>, Vector<float, 32>, Vector<float, 64>,
                                     Vector<double, 16>, Vector<double, 32>, Vector<double, 64>>;
TYPED_TEST_SUITE(VectorMath, EveryVector);

TYPED_TEST(VectorMath, ExpSigmoidAndTanhAreWithinFourUnitsInTheLastPlace) {
  using V = TypeParam;
  EXPECT_LE(worst<V>([](const V& x, V& y) { y = exp_of(x); }, [](long double x) { return std::exp(x); }),
            4.0);
  EXPECT_LE(worst<V>([](const V& x, V& y) { y = sigmoid_of(x); }, exact_sigmoid), 4.0);
  EXPECT_LE(worst<V>([](const V& x, V& y) { y = tanh_of(x); }, [](long double x) { return std::tanh(x); }),
            4.0);
}

TYPED_TEST(VectorMath, LogAndSoftplusAreWithinFourUnitsInTheLastPlace) {
  using V = TypeParam;
  EXPECT_LE(worst<V>([](const V& x, V& y) { y = log_of(x); },
                     [](long double x) {
                       return x < 0 ? std::numeric_limits<long double>::quiet_NaN() : std::log(x);
                     }),
            4.0);
  EXPECT_LE(worst<V>([](const V& x, V& y) { y = softplus_of(x); }, exact_softplus), 4.0);
}

TYPED_TEST(VectorMath, InfinitiesGiveTheLimitsAndNanStaysNan) {
  using V = TypeParam;
  using T = Element<V>;
  const V infinity = broadcast<V>(INFINITY), nan = broadcast<V>(NAN);
  EXPECT_EQ(exp_of(infinity)[0], std::numeric_limits<T>::infinity());
  EXPECT_EQ(exp_of<V>(-infinity)[0], T{0});
  EXPECT_EQ(sigmoid_of(infinity)[0], T{1});
  EXPECT_EQ(sigmoid_of<V>(-infinity)[0], T{0});
  EXPECT_EQ(tanh_of(infinity)[0], T{1});
  EXPECT_EQ(tanh_of<V>(-infinity)[0], T{-1});
  EXPECT_EQ(softplus_of(infinity)[0], std::numeric_limits<T>::infinity());
  EXPECT_EQ(softplus_of<V>(-infinity)[0], T{0});
  EXPECT_TRUE(std::signbit(tanh_of<V>(-V{})[0]));
  for (const V& y : {exp_of(nan), sigmoid_of(nan), tanh_of(nan), log_of(nan), softplus_of(nan),
                     min_of(nan, infinity), max_of(infinity, nan), log_of(broadcast<V>(-1.0))}) {
    EXPECT_TRUE(std::isnan(y[0]));
  }
}

TYPED_TEST(VectorMath, AtNanTheSlopesAreTorchs) {
  using V = TypeParam;
  using T = Element<V>;
  const V nan = broadcast<V>(NAN), one = broadcast<V>(1.0), gradient = broadcast<V>(3.0);
  EXPECT_TRUE(std::isnan(apply<V>(Op::relu, nan, nan, nan)[0]));
  EXPECT_EQ(apply<V>(Op::pass_positive, nan, gradient, nan)[0], T{3});  // relu
  EXPECT_EQ(apply<V>(Op::pass_greater, nan, one, gradient)[0], T{3});   // min, max
  EXPECT_EQ(apply<V>(Op::pass_greater, one, nan, gradient)[0], T{3});   // in both arguments
  EXPECT_EQ(apply<V>(Op::pass_sign, nan, gradient, nan)[0], T{0});      // abs
}

}  // namespace
}  // namespace carousel::fused
