// What a step may not use, refused with a sentence instead of pages of template errors.
//
// A tensor has hundreds of functions; the derived engine knows a few. So every usual function and operator is declared
// here for the type on which a step is checked (step_value.h), and its body says what to do. What is refused returns
// something of the right type all the same, so that the sentence stays the only error.
#pragma once

#include <concepts>
#include <type_traits>

/// What a step may use, as every sentence ends.
#define CAROUSEL_STEP_MAY_USE                                                                               \
  "A step may use + - * /, unary -, sigmoid, tanh, exp, log, relu, softplus, abs, min, max, sqrt, square, " \
  "constants and learned vectors; a cell compiled into a program of one's own may say `static constexpr "   \
  "bool fused = false;`, and runs on the loop engine, with whatever tensors have"

#define CAROUSEL_NO_FUNCTION(name, instead) \
  #name " is not among a step's functions" instead ". " CAROUSEL_STEP_MAY_USE

/// Usual functions that a step has not: X(name, what to write instead).
#define CAROUSEL_UNSUPPORTED_FUNCTIONS(X)                                       \
  X(sin, "")                                                                    \
  X(cos, "")                                                                    \
  X(tan, "")                                                                    \
  X(asin, "")                                                                   \
  X(acos, "")                                                                   \
  X(atan, "")                                                                   \
  X(atan2, "")                                                                  \
  X(sinh, ": write 0.5 * (exp(x) - exp(-x))")                                   \
  X(cosh, ": write 0.5 * (exp(x) + exp(-x))")                                   \
  X(asinh, "")                                                                  \
  X(acosh, "")                                                                  \
  X(atanh, ": write 0.5 * log((1.0 + x) / (1.0 - x))")                          \
  X(pow, ": write x * x, square(x), sqrt(x), or exp(a * log(x)) where x > 0")   \
  X(power, ": write x * x, square(x), sqrt(x), or exp(a * log(x)) where x > 0") \
  X(exp2, ": write exp(0.6931471805599453 * x)")                                \
  X(expm1, ": write exp(x) - 1.0")                                              \
  X(log2, ": write 1.4426950408889634 * log(x)")                                \
  X(log10, ": write 0.4342944819032518 * log(x)")                               \
  X(log1p, ": write log(1.0 + x), and log1p(exp(x)) as softplus(x)")            \
  X(cbrt, "")                                                                   \
  X(hypot, ": write sqrt(x * x + y * y)")                                       \
  X(fma, ": write x * y + z")                                                   \
  X(lerp, ": write a + t * (b - a)")                                            \
  X(rsqrt, ": write 1.0 / sqrt(x)")                                             \
  X(reciprocal, ": write 1.0 / x")                                              \
  X(neg, ": write -x")                                                          \
  X(erf, "")                                                                    \
  X(floor, "")                                                                  \
  X(ceil, "")                                                                   \
  X(round, "")                                                                  \
  X(trunc, "")                                                                  \
  X(fmod, "")                                                                   \
  X(remainder, "")                                                              \
  X(sign, "")                                                                   \
  X(fabs, ": write abs(x)")                                                     \
  X(fmin, ": write min(x, y)")                                                  \
  X(fmax, ": write max(x, y)")                                                  \
  X(minimum, ": write min(x, y)")                                               \
  X(maximum, ": write max(x, y)")                                               \
  X(clip, ": write min(max(x, a), b)")                                          \
  X(clamp, ": write min(max(x, a), b)")                                         \
  X(clamp_min, ": write max(x, a)")                                             \
  X(clamp_max, ": write min(x, b)")                                             \
  X(where, ": say it with min, max or relu")                                    \
  X(logistic, ": write sigmoid(x)")                                             \
  X(logit, ": write log(x / (1.0 - x))")                                        \
  X(log_sigmoid, ": write -softplus(-x)")                                       \
  X(logsigmoid, ": write -softplus(-x)")                                        \
  X(hardtanh, ": write min(max(x, -1.0), 1.0)")                                 \
  X(hardsigmoid, ": write min(max(x / 6.0 + 0.5, 0.0), 1.0)")                   \
  X(relu6, ": write min(relu(x), 6.0)")                                         \
  X(leaky_relu, ": write max(x, 0.01 * x)")                                     \
  X(elu, ": write relu(x) + exp(min(x, 0.0)) - 1.0")                            \
  X(selu, "")                                                                   \
  X(celu, "")                                                                   \
  X(gelu, ": write x * sigmoid(1.702 * x), which is near it")                   \
  X(silu, ": write x * sigmoid(x)")                                             \
  X(swish, ": write x * sigmoid(x)")                                            \
  X(mish, ": write x * tanh(softplus(x))")                                      \
  X(softsign, ": write x / (1.0 + abs(x))")                                     \
  X(softmax, ", which sees one unit at a time")                                 \
  X(log_softmax, ", which sees one unit at a time")                             \
  X(layer_norm, ", which sees one unit at a time")                              \
  X(sum, ", which sees one unit at a time")                                     \
  X(mean, ", which sees one unit at a time")                                    \
  X(norm, ", which sees one unit at a time")                                    \
  X(dot, ", which sees one unit at a time")                                     \
  X(matmul, ", which sees one unit at a time")                                  \
  X(dropout, ": the options of the module have noise (recurrent/noise.h)")

namespace carousel {

/// Whether V is a type on which a step is checked.
template <class V> inline constexpr bool is_step_value = false;

namespace detail {

template <class... A>
concept AnyStepValue = (is_step_value<std::remove_cvref_t<A>> || ...);

/// False once the arguments are known, and not before.
template <class...> inline constexpr bool refused = false;

template <class First, class... Rest> struct StepValueAmong : StepValueAmong<Rest...> {};
template <class First, class... Rest>
  requires is_step_value<First>
struct StepValueAmong<First, Rest...> {
  using type = First;
};

/// Marks the evaluation as that of a step that was refused, and stands for the result.
template <class... A> constexpr auto refuse(const A&... given) {
  const auto mark = [](const auto& x) {
    if constexpr (requires { x.mark_refused(); }) x.mark_refused();
  };
  (mark(given), ...);
  return typename StepValueAmong<A...>::type(0.0);
}

}  // namespace detail

// Macros, because a message must be a literal that names the operation.
#define CAROUSEL_REFUSE_FUNCTION(name, instead)                                \
  template <class... A>                                                        \
    requires detail::AnyStepValue<A...>                                        \
  constexpr auto name(const A&... given) {                                     \
    static_assert(detail::refused<A...>, CAROUSEL_NO_FUNCTION(name, instead)); \
    return detail::refuse(given...);                                           \
  }
CAROUSEL_UNSUPPORTED_FUNCTIONS(CAROUSEL_REFUSE_FUNCTION)
#undef CAROUSEL_REFUSE_FUNCTION

// A comparison asks for a branch on a value, and an assignment such as += would change a tensor in place, for
// everybody who still holds it.
#define CAROUSEL_REFUSE_OPERATOR(sign, result, instead)                                     \
  template <class A, class B>                                                               \
    requires detail::AnyStepValue<A, B>                                                     \
  constexpr auto operator sign(const A& a, const B& b) {                                    \
    static_assert(detail::refused<A, B>,                                                    \
                  "a step has no operator " #sign ": " instead ". " CAROUSEL_STEP_MAY_USE); \
    return result(detail::refuse(a, b));                                                    \
  }
#define CAROUSEL_AS_BOOL(value) (static_cast<void>(value), false)
#define CAROUSEL_AS_VALUE(value) value
CAROUSEL_REFUSE_OPERATOR(<, CAROUSEL_AS_BOOL, "it cannot branch on a value, say it with min, max or relu")
CAROUSEL_REFUSE_OPERATOR(>, CAROUSEL_AS_BOOL, "it cannot branch on a value, say it with min, max or relu")
CAROUSEL_REFUSE_OPERATOR(<=, CAROUSEL_AS_BOOL, "it cannot branch on a value, say it with min, max or relu")
CAROUSEL_REFUSE_OPERATOR(>=, CAROUSEL_AS_BOOL, "it cannot branch on a value, say it with min, max or relu")
CAROUSEL_REFUSE_OPERATOR(==, CAROUSEL_AS_BOOL, "it cannot branch on a value, say it with min, max or relu")
CAROUSEL_REFUSE_OPERATOR(!=, CAROUSEL_AS_BOOL, "it cannot branch on a value, say it with min, max or relu")
CAROUSEL_REFUSE_OPERATOR(+=, CAROUSEL_AS_VALUE, "name the result and write a + b")
CAROUSEL_REFUSE_OPERATOR(-=, CAROUSEL_AS_VALUE, "name the result and write a - b")
CAROUSEL_REFUSE_OPERATOR(*=, CAROUSEL_AS_VALUE, "name the result and write a * b")
CAROUSEL_REFUSE_OPERATOR(/=, CAROUSEL_AS_VALUE, "name the result and write a / b")
CAROUSEL_REFUSE_OPERATOR(%, CAROUSEL_AS_VALUE, "a remainder has no derivative")
CAROUSEL_REFUSE_OPERATOR(^, CAROUSEL_AS_VALUE, "a power is x * x or square(x)")
CAROUSEL_REFUSE_OPERATOR(&, CAROUSEL_AS_VALUE, "its values are numbers, not bits")
CAROUSEL_REFUSE_OPERATOR(|, CAROUSEL_AS_VALUE, "its values are numbers, not bits")
CAROUSEL_REFUSE_OPERATOR(<<, CAROUSEL_AS_VALUE, "its values are numbers, not bits")
CAROUSEL_REFUSE_OPERATOR(>>, CAROUSEL_AS_VALUE, "its values are numbers, not bits")
#undef CAROUSEL_REFUSE_OPERATOR
#undef CAROUSEL_AS_BOOL
#undef CAROUSEL_AS_VALUE

}  // namespace carousel
