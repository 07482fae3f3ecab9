// Arithmetic on vectors of the compiler (GCC and clang: __attribute__((vector_size))), for any width.
//
// Every function is a template that is always inlined, so the code comes out in the instruction set of the
// kernel that uses it. exp, sigmoid and tanh are within 4 units in the last place over all finite arguments;
// NaN gives NaN, infinities give the limits.
#pragma once

#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wpsabi"  // vectors are never passed between separately compiled functions
#endif

#define CAROUSEL_INLINE __attribute__((always_inline)) inline

namespace carousel::fused {

template <class T, int Bytes> struct VectorType {
  typedef T type __attribute__((vector_size(Bytes)));
};
/// `Bytes` bytes of T.
template <class T, int Bytes> using Vector = typename VectorType<T, Bytes>::type;

template <class V> using Element = std::remove_cvref_t<decltype(std::declval<V&>()[0])>;
template <class V> inline constexpr int lanes = static_cast<int>(sizeof(V) / sizeof(Element<V>));

template <class V>
using Bits = Vector<std::conditional_t<sizeof(Element<V>) == 4, std::int32_t, std::int64_t>, sizeof(V)>;

template <class V> CAROUSEL_INLINE V load(const Element<V>* from) {
  V v;
  __builtin_memcpy(&v, from, sizeof v);
  return v;
}
template <class V> CAROUSEL_INLINE void store(Element<V>* to, const V& v) {
  __builtin_memcpy(to, &v, sizeof v);
}

/// The first `count` lanes; the others are 0.
template <class V> CAROUSEL_INLINE V load_part(const Element<V>* from, std::int64_t count) {
  Element<V> lane[lanes<V>] = {};
  for (std::int64_t i = 0; i < count; ++i) lane[i] = from[i];
  return load<V>(lane);
}
template <class V> CAROUSEL_INLINE void store_part(Element<V>* to, const V& v, std::int64_t count) {
  Element<V> lane[lanes<V>];
  store(lane, v);
  for (std::int64_t i = 0; i < count; ++i) to[i] = lane[i];
}

template <class V> CAROUSEL_INLINE V broadcast(double value) {
  return V{} + static_cast<Element<V>>(value);
}

template <class V> CAROUSEL_INLINE Bits<V> bits(const V& v) {
  Bits<V> b;
  __builtin_memcpy(&b, &v, sizeof b);
  return b;
}
template <class V> CAROUSEL_INLINE V from_bits(const Bits<V>& b) {
  V v;
  __builtin_memcpy(&v, &b, sizeof v);
  return v;
}

/// Layout of a floating-point type, and the constants that exponentials and logarithms need.
template <class T> struct FloatFacts;
template <> struct FloatFacts<float> {
  static constexpr int mantissa = 23, bias = 127, exp_degree = 7, atanh_terms = 9;
  static constexpr float lowest_exp = -104.5f, highest_exp = 89.0f, one_at = 10.0f;
  static constexpr float round = 12582912.0f;  // 1.5 2^23: adding it rounds to an integer
  static constexpr float ln2_high = 0.693145751953125f, ln2_low = 1.428606765330187e-6f;
};
template <> struct FloatFacts<double> {
  static constexpr int mantissa = 52, bias = 1023, exp_degree = 13, atanh_terms = 18;
  static constexpr double lowest_exp = -746.0, highest_exp = 710.0, one_at = 20.0;
  static constexpr double round = 6755399441055744.0;  // 1.5 2^52
  static constexpr double ln2_high = 0x1.62e42fefa0000p-1, ln2_low = 0x1.cf79abc9e3b3ap-40;
};

/// 2^k for a whole number k in the range of normal numbers.
template <class V> CAROUSEL_INLINE V power_of_two(const Bits<V>& k) {
  using R = FloatFacts<Element<V>>;
  return from_bits<V>((k + R::bias) << R::mantissa);
}

/// x = k ln 2 + r with |r| <= ln(2)/2.
template <class V> struct Reduced {
  Bits<V> k;
  V expm1_r;  ///< e^r - 1
};

template <int N> constexpr double inverse_factorial() {
  double value = 1.0;
  for (int n = 2; n <= N; ++n) value /= n;
  return value;
}

/// 1/N! + r/(N+1)! + r^2/(N+2)! + ... up to r^(Degree-N)/Degree!
template <int Degree, int N, class V> CAROUSEL_INLINE V exponential_series(const V& r) {
  if constexpr (N == Degree) {
    return broadcast<V>(inverse_factorial<N>());
  } else {
    return exponential_series<Degree, N + 1>(r) * r + broadcast<V>(inverse_factorial<N>());
  }
}

template <class V> CAROUSEL_INLINE Reduced<V> reduce(const V& x) {
  using R = FloatFacts<Element<V>>;
  const V rounded = x * broadcast<V>(1.4426950408889634) + R::round;
  const V k = rounded - R::round;
  const V r = (x - k * R::ln2_high) - k * R::ln2_low;
  return {bits(rounded) - bits(broadcast<V>(R::round)), r + r * r * exponential_series<R::exp_degree, 2>(r)};
}

/// 2^-k.
constexpr double inverse_power(int k) {
  double value = 1.0;
  for (; k > 0; --k) value /= 2;
  return value;
}

template <class V> CAROUSEL_INLINE V exp_of(const V& given) {
  using R = FloatFacts<Element<V>>;
  V x = given < R::lowest_exp ? broadcast<V>(R::lowest_exp) : given;  // NaN passes both comparisons
  x = x > R::highest_exp ? broadcast<V>(R::highest_exp) : x;
  const auto reduced = reduce(x);
  const Bits<V> half = reduced.k >> 1;  // in two factors: 2^k alone may be out of range
  return (reduced.expm1_r + 1) * power_of_two<V>(half) * power_of_two<V>(reduced.k - half);
}

template <class V> CAROUSEL_INLINE V abs_of(const V& x) {
  return from_bits<V>(bits(x) & std::numeric_limits<std::remove_cvref_t<decltype(bits(x)[0])>>::max());
}

/// The magnitude of x with the sign of y.
template <class V> CAROUSEL_INLINE V with_sign_of(const V& x, const V& y) {
  using Int = std::remove_cvref_t<decltype(bits(x)[0])>;
  constexpr Int sign = std::numeric_limits<Int>::min();
  return from_bits<V>((bits(x) & ~sign) | (bits(y) & sign));
}

/// e^x for x <= 0, in fewer operations: only the small end needs care. The scale 2^k is applied with its
/// exponent raised into the normal range, and the rest after it, which rounds once.
template <class V> CAROUSEL_INLINE V exp_of_negative(const V& given) {
  using R = FloatFacts<Element<V>>;
  constexpr int raised = R::mantissa + 2;
  const V x = given < R::lowest_exp ? broadcast<V>(R::lowest_exp) : given;
  const auto reduced = reduce(x);
  return (reduced.expm1_r + 1) * power_of_two<V>(reduced.k + raised) * broadcast<V>(inverse_power(raised));
}

/// 1/(1+e^-x), from e^-|x|, so that it goes down to the smallest numbers instead of stopping at 0.
template <class V> CAROUSEL_INLINE V sigmoid_of(const V& x) {
  const V e = exp_of_negative<V>(-abs_of(x));
  const V positive = 1 / (e + 1);
  return x >= 0 ? positive : e * positive;
}

/// -E/(E+2) with E = e^-2|x| - 1, accurate near 0 because E is.
template <class V> CAROUSEL_INLINE V tanh_of(const V& x) {
  using R = FloatFacts<Element<V>>;
  const V half = abs_of(x) * -1;
  const V y = half < -R::one_at ? broadcast<V>(-R::one_at) : half;
  const auto reduced = reduce<V>(y + y);
  const V scale = power_of_two<V>(reduced.k);
  const V e = reduced.expm1_r * scale + (scale - 1);
  return with_sign_of<V>(e / (e + 2), x);
}

/// s + s^3/3 + s^5/5 + ...
template <int Terms, int N = 0, class V> CAROUSEL_INLINE V atanh_series(const V& square) {
  if constexpr (N + 1 == Terms) {
    return broadcast<V>(1.0 / (2 * N + 1));
  } else {
    return atanh_series<Terms, N + 1>(square) * square + broadcast<V>(1.0 / (2 * N + 1));
  }
}

template <class V> CAROUSEL_INLINE V log_of(const V& given) {
  using R = FloatFacts<Element<V>>;
  using T = Element<V>;
  const auto tiny = given < std::numeric_limits<T>::min();
  const V scaled = tiny ? given * broadcast<V>(0x1p54) : given;
  const V x = given > 0 ? scaled : broadcast<V>(1.0);  // what has no logarithm is dealt with at the end
  // x = 2^k m with m in [sqrt(1/2), sqrt(2))
  const Bits<V> shifted = bits(x) - bits(broadcast<V>(0.70710678118654752));
  const Bits<V> k = shifted >> R::mantissa;
  const V m = from_bits<V>(bits(x) - (k << R::mantissa));
  const V power = __builtin_convertvector(k, V) - (tiny ? broadcast<V>(54.0) : V{});
  const V s = (m - 1) / (m + 1);
  const V log_m = 2 * s * atanh_series<R::atanh_terms>(V(s * s));
  V result = power * R::ln2_high + (power * R::ln2_low + log_m);
  result = given == 0 ? broadcast<V>(-std::numeric_limits<double>::infinity()) : result;
  result = given == std::numeric_limits<T>::infinity() ? given : result;
  return given >= 0 ? result : broadcast<V>(std::numeric_limits<double>::quiet_NaN());
}

/// log(1 + e^x); x itself above 20, as torch has it.
template <class V> CAROUSEL_INLINE V softplus_of(const V& x) {
  using R = FloatFacts<Element<V>>;
  const V e = exp_of_negative<V>(-abs_of(x));
  const V s = e / (e + 2);  // log(1 + e) = 2 atanh(e / (2 + e)), and e <= 1
  const V log1p = 2 * s * atanh_series<R::atanh_terms>(V(s * s));
  return x > 20 ? x : (x > 0 ? x : V{}) + log1p;
}

template <class V> CAROUSEL_INLINE V softplus_slope_of(const V& x) {
  return x > 20 ? broadcast<V>(1.0) : sigmoid_of(x);
}

template <class V> CAROUSEL_INLINE V sqrt_of(const V& x) {
  V root = x;
  for (int i = 0; i < lanes<V>; ++i) {
    if constexpr (sizeof(Element<V>) == sizeof(float)) {
      root[i] = __builtin_sqrtf(x[i]);
    } else {
      root[i] = __builtin_sqrt(x[i]);
    }
  }
  return root;
}

template <class V> CAROUSEL_INLINE V min_of(const V& x, const V& y) {
  return x != x ? x : x < y ? x : y;  // NaN propagates, as torch's minimum
}
template <class V> CAROUSEL_INLINE V max_of(const V& x, const V& y) {
  return x != x ? x : x > y ? x : y;
}

}  // namespace carousel::fused
