// What a step may not use, refused with a sentence instead of pages of template errors.
//
// A tensor has hundreds of functions; the derived engine knows the few below. Using another compiles on
// tensors alone, and would end in "no matching function" for whatever else a step is read on. So every usual
// function is declared here for those readings, and its body says what to do.
#pragma once

#include <concepts>
#include <type_traits>

#include "carousel/cells/real.h"

namespace carousel {

/// Whether V is something other than a tensor that a step is read on: a number, a symbol. A type of namespace
/// carousel (where argument-dependent look-up will find the refusals) joins by specialising this.
template <class V> inline constexpr bool is_reading = false;
template <> inline constexpr bool is_reading<Real> = true;

namespace detail {

template <class... A>
concept AnyReading = (is_reading<std::remove_cvref_t<A>> || ...);

/// False once the arguments are known, and not before.
template <class...> inline constexpr bool refused = false;

}  // namespace detail

// A macro, because the message must be a literal that names the operation.
#define CAROUSEL_REFUSE(operation, text)                                                             \
  template <class... A>                                                                              \
    requires detail::AnyReading<A...>                                                                \
  constexpr auto operation(const A&...) {                                                            \
    static_assert(                                                                                   \
        detail::refused<A...>,                                                                       \
        "a cell's step uses " text                                                                   \
        ", which the fused engine cannot derive. It may use + - * /, unary -, sigmoid, tanh, exp, "  \
        "log, relu, softplus, abs, min, max, sqrt, square, constants and learned vectors. Or write " \
        "`static constexpr bool fused = false;` in the cell: it then runs on the loop engine.");     \
  }
#define CAROUSEL_REFUSE_FUNCTION(name) CAROUSEL_REFUSE(name, #name "()")

CAROUSEL_REFUSE_FUNCTION(sin)
CAROUSEL_REFUSE_FUNCTION(cos)
CAROUSEL_REFUSE_FUNCTION(tan)
CAROUSEL_REFUSE_FUNCTION(asin)
CAROUSEL_REFUSE_FUNCTION(acos)
CAROUSEL_REFUSE_FUNCTION(atan)
CAROUSEL_REFUSE_FUNCTION(atan2)
CAROUSEL_REFUSE_FUNCTION(sinh)
CAROUSEL_REFUSE_FUNCTION(cosh)
CAROUSEL_REFUSE_FUNCTION(asinh)
CAROUSEL_REFUSE_FUNCTION(acosh)
CAROUSEL_REFUSE_FUNCTION(atanh)
CAROUSEL_REFUSE_FUNCTION(pow)
CAROUSEL_REFUSE_FUNCTION(exp2)
CAROUSEL_REFUSE_FUNCTION(expm1)
CAROUSEL_REFUSE_FUNCTION(log2)
CAROUSEL_REFUSE_FUNCTION(log10)
CAROUSEL_REFUSE_FUNCTION(log1p)
CAROUSEL_REFUSE_FUNCTION(rsqrt)
CAROUSEL_REFUSE_FUNCTION(reciprocal)
CAROUSEL_REFUSE_FUNCTION(erf)
CAROUSEL_REFUSE_FUNCTION(floor)
CAROUSEL_REFUSE_FUNCTION(ceil)
CAROUSEL_REFUSE_FUNCTION(round)
CAROUSEL_REFUSE_FUNCTION(trunc)
CAROUSEL_REFUSE_FUNCTION(fmod)
CAROUSEL_REFUSE_FUNCTION(remainder)
CAROUSEL_REFUSE_FUNCTION(sign)
CAROUSEL_REFUSE_FUNCTION(clamp)
CAROUSEL_REFUSE_FUNCTION(clamp_min)
CAROUSEL_REFUSE_FUNCTION(clamp_max)
CAROUSEL_REFUSE_FUNCTION(maximum)
CAROUSEL_REFUSE_FUNCTION(minimum)
CAROUSEL_REFUSE_FUNCTION(where)
CAROUSEL_REFUSE_FUNCTION(log_sigmoid)
CAROUSEL_REFUSE_FUNCTION(hardtanh)
CAROUSEL_REFUSE_FUNCTION(hardsigmoid)
CAROUSEL_REFUSE_FUNCTION(leaky_relu)
CAROUSEL_REFUSE_FUNCTION(elu)
CAROUSEL_REFUSE_FUNCTION(selu)
CAROUSEL_REFUSE_FUNCTION(gelu)
CAROUSEL_REFUSE_FUNCTION(silu)
CAROUSEL_REFUSE_FUNCTION(mish)
CAROUSEL_REFUSE_FUNCTION(softmax)
CAROUSEL_REFUSE_FUNCTION(sum)
CAROUSEL_REFUSE_FUNCTION(mean)
#undef CAROUSEL_REFUSE_FUNCTION
#undef CAROUSEL_REFUSE

// A comparison asks for a branch on a value, and an assignment such as += would change a tensor in place, for
// everybody who still holds it.
#define CAROUSEL_REFUSE_OPERATOR(sign, instead)                                                       \
  template <class A, class B>                                                                         \
    requires detail::AnyReading<A, B>                                                                 \
  constexpr auto operator sign(const A&, const B&) {                                                  \
    static_assert(                                                                                    \
        detail::refused<A, B>,                                                                        \
        "a cell's step uses operator " #sign ", which no engine can derive: " instead                 \
        ". A step may use + - * /, unary -, sigmoid, tanh, exp, log, relu, softplus, abs, min, max, " \
        "sqrt, square, constants and learned vectors. Or write `static constexpr bool fused = "       \
        "false;` in the cell: it then runs on the loop engine.");                                     \
  }
CAROUSEL_REFUSE_OPERATOR(<, "say it with min, max or relu")
CAROUSEL_REFUSE_OPERATOR(>, "say it with min, max or relu")
CAROUSEL_REFUSE_OPERATOR(<=, "say it with min, max or relu")
CAROUSEL_REFUSE_OPERATOR(>=, "say it with min, max or relu")
CAROUSEL_REFUSE_OPERATOR(==, "say it with min, max or relu")
CAROUSEL_REFUSE_OPERATOR(!=, "say it with min, max or relu")
CAROUSEL_REFUSE_OPERATOR(+=, "name the result and write a + b")
CAROUSEL_REFUSE_OPERATOR(-=, "name the result and write a - b")
CAROUSEL_REFUSE_OPERATOR(*=, "name the result and write a * b")
CAROUSEL_REFUSE_OPERATOR(/=, "name the result and write a / b")
#undef CAROUSEL_REFUSE_OPERATOR

}  // namespace carousel
