// The type on which a step is checked, before anything is derived from it. This header needs no tensor.
#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>

#include "carousel/cells/activation.h"
#include "carousel/cells/unsupported.h"

namespace carousel {

template <class T>
concept PlainNumber = std::is_arithmetic_v<T>;

/// One value of a step that is evaluated for nothing but what it uses: what a step has not is refused here, each with its
/// sentence and at its own line, and what is left knows the outermost function that it comes from.
///
/// A template only so that a member's body, which holds the sentence, is looked at when a step uses it, and not before.
template <class Value = void> class StepValue {
 public:
  constexpr StepValue() = default;
  constexpr StepValue(double) : set_(true), constant_(true) {}  // NOLINT: a constant in a step
  /// What a step is given; `refused` becomes true where it is used in a way that a step has not.
  static constexpr StepValue given(bool& refused) {
    StepValue value;
    value.set_ = true;
    value.refused_ = &refused;
    return value;
  }

  constexpr Activation activation() const { return activation_; }
  /// False of a value that was declared and never given.
  constexpr bool is_set() const { return set_; }
  /// Whether a function of a constant is in it, which has no place in a recorded step.
  constexpr bool has_function_of_constant() const { return function_of_constant_; }
  constexpr void mark_refused() const {
    if (!refused_) throw "a constant has nobody to tell: the evaluation ends here";
    *refused_ = true;
  }

#define CAROUSEL_STEP_BINARY(name)                                                    \
  friend constexpr StepValue name(const StepValue& a, const StepValue& b) {           \
    return joined(a, b);                                                              \
  }                                                                                   \
  template <PlainNumber T> friend constexpr StepValue name(const StepValue& a, T b) { \
    return joined(a, static_cast<double>(b));                                         \
  }                                                                                   \
  template <PlainNumber T> friend constexpr StepValue name(T a, const StepValue& b) { \
    return joined(static_cast<double>(a), b);                                         \
  }
  CAROUSEL_STEP_BINARY(operator+)
  CAROUSEL_STEP_BINARY(operator-)
  CAROUSEL_STEP_BINARY(operator*)
  CAROUSEL_STEP_BINARY(operator/)
  CAROUSEL_STEP_BINARY(min)
  CAROUSEL_STEP_BINARY(max)
#undef CAROUSEL_STEP_BINARY
  friend constexpr StepValue operator-(const StepValue& x) { return joined(x, x); }

#define CAROUSEL_STEP_FUNCTION(name, activation)        \
  friend constexpr StepValue name(const StepValue& x) { \
    return applied(x, activation);                      \
  }                                                     \
  CAROUSEL_STEP_MEMBER(name, "x")
#define CAROUSEL_STEP_MEMBER(name, arguments)                                                           \
  template <class... A> constexpr StepValue name(const A&...) const {                                   \
    static_assert(detail::refused<A...>, "a step's values have no functions of their own: write " #name \
                                         "(" arguments "), not x." #name "()");                         \
    return detail::refuse(*this);                                                                       \
  }
  CAROUSEL_STEP_FUNCTION(sigmoid, Activation::sigmoid)
  CAROUSEL_STEP_FUNCTION(tanh, Activation::tanh)
  CAROUSEL_STEP_FUNCTION(relu, Activation::relu)
  CAROUSEL_STEP_FUNCTION(exp, Activation::other)
  CAROUSEL_STEP_FUNCTION(log, Activation::other)
  CAROUSEL_STEP_FUNCTION(sqrt, Activation::other)
  CAROUSEL_STEP_FUNCTION(abs, Activation::other)
  CAROUSEL_STEP_FUNCTION(square, Activation::other)
  CAROUSEL_STEP_FUNCTION(softplus, Activation::other)
  CAROUSEL_STEP_MEMBER(min, "x, y")
  CAROUSEL_STEP_MEMBER(max, "x, y")
#undef CAROUSEL_STEP_MEMBER
#undef CAROUSEL_STEP_FUNCTION

#define CAROUSEL_UNSUPPORTED_MEMBER(name, instead)                             \
  template <class... A> constexpr StepValue name(const A&...) const {          \
    static_assert(detail::refused<A...>, CAROUSEL_NO_FUNCTION(name, instead)); \
    return detail::refuse(*this);                                              \
  }
  CAROUSEL_UNSUPPORTED_FUNCTIONS(CAROUSEL_UNSUPPORTED_MEMBER)
#undef CAROUSEL_UNSUPPORTED_MEMBER

#define CAROUSEL_UNSUPPORTED_OPERATOR(sign, parameter, instead)                             \
  template <class... A> constexpr StepValue operator sign(parameter) const {                \
    static_assert(detail::refused<A...>,                                                    \
                  "a step has no operator " #sign ": " instead ". " CAROUSEL_STEP_MAY_USE); \
    return detail::refuse(*this);                                                           \
  }
  CAROUSEL_UNSUPPORTED_OPERATOR(++, , "name the result and write x + 1.0")
  CAROUSEL_UNSUPPORTED_OPERATOR(++, int, "name the result and write x + 1.0")
  CAROUSEL_UNSUPPORTED_OPERATOR(--, , "name the result and write x - 1.0")
  CAROUSEL_UNSUPPORTED_OPERATOR(--, int, "name the result and write x - 1.0")
  CAROUSEL_UNSUPPORTED_OPERATOR(+, , "write x for +x")
  CAROUSEL_UNSUPPORTED_OPERATOR(~, , "its values are numbers, not bits")
  CAROUSEL_UNSUPPORTED_OPERATOR([], std::size_t, "it sees one unit at a time, without an index")
#undef CAROUSEL_UNSUPPORTED_OPERATOR

  /// What std::tanh(x), and any other function of numbers, asks for.
  constexpr operator double() const {  // NOLINT: implicit, or it would not be found
    static_assert(detail::refused<Value>,
                  "a step's value is no number: write V instead of double, and tanh(x), exp(x), max(x, y) "
                  "without std::. " CAROUSEL_STEP_MAY_USE);
    mark_refused();
    return 0.0;
  }
  constexpr explicit operator bool() const {
    static_assert(detail::refused<Value>,
                  "a step cannot branch on a value: say it with min, max or relu. " CAROUSEL_STEP_MAY_USE);
    mark_refused();
    return false;
  }

 private:
  static constexpr StepValue joined(const StepValue& a, const StepValue& b) {
    StepValue value;
    value.set_ = true;
    value.constant_ = a.constant_ && b.constant_;
    value.function_of_constant_ = a.function_of_constant_ || b.function_of_constant_;
    value.refused_ = a.refused_ ? a.refused_ : b.refused_;
    return value;
  }
  static constexpr StepValue applied(const StepValue& x, Activation function) {
    StepValue value = joined(x, x);
    value.activation_ = function;
    value.function_of_constant_ = x.function_of_constant_ || x.constant_;
    return value;
  }

  bool set_ = false, constant_ = false, function_of_constant_ = false;
  Activation activation_ = Activation::other;
  bool* refused_ = nullptr;
};

template <class T> inline constexpr bool is_step_value<StepValue<T>> = true;

}  // namespace carousel

#undef CAROUSEL_UNSUPPORTED_FUNCTIONS
#undef CAROUSEL_NO_FUNCTION
#undef CAROUSEL_STEP_MAY_USE
