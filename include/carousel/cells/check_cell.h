// What is wrong with a cell, said by the compiler in one sentence, before any concept or engine stumbles over it.
//
// Every door for cells (CellRegistry::add, Recurrent, readings_of) asks check_cell() first. The step is evaluated on
// StepValue, so that a function that it has not is refused at its own line; a cell that is refused is not read any
// further. This header needs no tensor.
#pragma once

#include "carousel/cells/check_facts.h"
#include "carousel/cells/step_value.h"

namespace carousel::detail {

struct AnyStep {
  int step;
};
template <class C> struct WithAnyStep : C, AnyStep {};

/// Whether a cell has anything called step: else the name is that of AnyStep alone.
template <class C>
concept HasStep = std::is_final_v<C> || !requires { &WithAnyStep<C>::step; };

/// A step that is no template, as a cell that is a module has it.
template <class C>
concept HasPlainStep = requires { typename std::type_identity<decltype(&C::step)>; };

/// What a cell that is a torch module has, besides a step.
template <class C>
concept IsModule = requires { &C::project; } || requires(const C& cell) { cell.named_parameters(); };

template <class C, class... A>
concept StepTakes = requires(const A&... given) { C::step(given...); };

template <class C> consteval bool takes_what_is_declared() {
  using Pre = Gates<StepValue<>, gate_count<C>>;
  using Previous = States<StepValue<>, state_count<C>>;
  using Learned = Vectors<StepValue<>, vector_count<C>>;
  if constexpr (separate_projections<C> && vector_count<C> != 0) {
    return StepTakes<C, Pre, Pre, Previous, Learned>;
  } else if constexpr (separate_projections<C>) {
    return StepTakes<C, Pre, Pre, Previous>;
  } else if constexpr (vector_count<C> != 0) {
    return StepTakes<C, Pre, Previous, Learned>;
  } else {
    return StepTakes<C, Pre, Previous>;
  }
}

/// The numbers of values in a step's arguments, where the step can be named: step<V>.
struct StepArguments {
  bool is_static = false;
  std::size_t count = 0;
  std::array<std::size_t, 4> numbers{};
};

template <class T> inline constexpr std::size_t values_in = 0;
template <class V, std::size_t N> inline constexpr std::size_t values_in<std::array<V, N>> = N;

template <class... A> constexpr StepArguments arguments(bool is_static) {
  StepArguments found{is_static, sizeof...(A), {}};
  std::size_t i = 0;
  ((i < 4 ? void(found.numbers[i++] = values_in<std::remove_cvref_t<A>>) : void()), ...);
  return found;
}
template <class R, bool E, class... A> constexpr StepArguments arguments_of(R (*)(A...) noexcept(E)) {
  return arguments<A...>(true);
}
template <class C, class R, bool E, class... A>
constexpr StepArguments arguments_of(R (C::*)(A...) noexcept(E)) {
  return arguments<A...>(false);
}
template <class C, class R, bool E, class... A>
constexpr StepArguments arguments_of(R (C::*)(A...) const noexcept(E)) {
  return arguments<A...>(false);
}

#define CAROUSEL_STEP_FORM \
  "template <class V> static constexpr auto step(const Gates<V, N>& pre, const States<V, M>& previous)"

/// Says what a step that cannot be called takes instead of what the cell declares.
template <class C> consteval bool explain_arguments() {
  if constexpr (!requires { &C::template step<StepValue<>>; }) {
    static_assert(refused<C>,
                  "a cell's step cannot be called with its gates and states: write " CAROUSEL_STEP_FORM);
  } else {
    constexpr StepArguments given = arguments_of(decltype(&C::template step<StepValue<>>){});
    constexpr std::size_t projections = separate_projections<C> ? 2 : 1, vectors = vector_count<C> != 0;
    if constexpr (!given.is_static) {
      static_assert(refused<C>, "a cell's step is static: write " CAROUSEL_STEP_FORM);
    } else if constexpr (given.count != projections + 1 + vectors) {
      static_assert(
          given.count == projections + 1 + vectors,
          "a cell's step takes another number of arguments than its facts ask for: const Gates<V, N>& pre "
          "(with separate_projections = true two of them, input and recurrent), const States<V, M>& "
          "previous, and, where it declares vectors, const Vectors<V, K>& learned");
    } else if constexpr (given.numbers[0] != gate_count<C>) {
      static_assert(
          given.numbers[0] == gate_count<C>,
          "a cell's step takes another number of gates than the cell declares: it is the N of const "
          "Gates<V, N>& pre");
    } else if constexpr (separate_projections<C> && given.numbers[1] != gate_count<C>) {
      static_assert(
          given.numbers[1] == gate_count<C>,
          "a cell's step takes another number of recurrent projections than the cell declares gates: it "
          "is the N of its second argument, const Gates<V, N>& recurrent");
    } else if constexpr (given.numbers[projections] != state_count<C>) {
      static_assert(
          given.numbers[projections] == state_count<C>,
          "a cell's step takes another number of states than the cell declares: it is the M of const "
          "States<V, M>& previous");
    } else if constexpr (vectors && given.numbers[projections + 1] != vector_count<C>) {
      static_assert(
          given.numbers[projections + 1] == vector_count<C>,
          "a cell's step takes another number of learned vectors than the cell declares: it is the K of "
          "const Vectors<V, K>& learned");
    } else {
      static_assert(refused<C>,
                    "a cell's step takes its arguments as const references: write " CAROUSEL_STEP_FORM);
    }
  }
  return false;
}

/// What one evaluation of a step shows.
template <std::size_t G> struct StepSeen {
  bool refused = false, state_missing = false, gate_missing = false, function_of_constant = false;
  std::array<Activation, G> activations{};
};

template <class C> constexpr StepSeen<gate_count<C>> look_at_step() {
  StepSeen<gate_count<C>> seen;
  const StepValue<> value = StepValue<>::given(seen.refused);
  Gates<StepValue<>, gate_count<C>> pre;
  States<StepValue<>, state_count<C>> previous;
  Vectors<StepValue<>, vector_count<C>> vectors;
  pre.fill(value), previous.fill(value), vectors.fill(value);
  const auto stepped = evaluate<C, StepValue<>>(pre, pre, previous, vectors);
  for (const auto& state : stepped.states) {
    seen.state_missing |= !state.is_set();
    seen.function_of_constant |= state.has_function_of_constant();
  }
  for (std::size_t g = 0; g < gate_count<C>; ++g) {
    const auto& gate = stepped.gates[g];
    seen.gate_missing |= !gate.is_set();
    seen.function_of_constant |= gate.has_function_of_constant();
    seen.activations[g] = gate.activation();
  }
  return seen;
}

template <class C>
concept StepIsConstant = requires { typename std::bool_constant<look_at_step<C>().refused>; };

template <class C> inline constexpr auto step_seen = look_at_step<C>();

template <class R> struct SteppedSizes {
  static constexpr bool is_stepped = false;
};
template <std::size_t S, std::size_t G> struct SteppedSizes<Stepped<StepValue<>, S, G>> {
  static constexpr bool is_stepped = true;
  static constexpr std::size_t states = S, gates = G;
};

template <class C> consteval bool check_evaluated_step() {
  if constexpr (!StepIsConstant<C>) {
    static_assert(
        refused<C>,
        "a cell's step cannot be evaluated while it is compiled: write static constexpr before it, count "
        "gates, states and vectors from 0 to one less than it declares, and call no function of numbers "
        "there");
    static_cast<void>(step_seen<C>);  // the compiler's own reason, and the line
  } else if constexpr (step_seen<C>.refused) {
    return false;  // the sentence was said where the step uses what it has not
  } else if constexpr (step_seen<C>.state_missing) {
    static_assert(
        refused<C>,
        "a cell's step leaves out a state in what it returns: States<V, M>{...} takes all M, in the order "
        "of `states`; one that is always zero is V(0.0)");
  } else if constexpr (step_seen<C>.gate_missing) {
    static_assert(
        refused<C>,
        "a cell's step leaves out a gate in what it returns: Gates<V, N>{...} takes all N, in the order "
        "of `gates`; one that is always zero is V(0.0)");
  } else if constexpr (step_seen<C>.function_of_constant) {
    static_assert(
        refused<C>,
        "a cell's step takes a function of a constant: write its value instead, as 0.7615941559557649 for "
        "tanh(V(1.0))");
  } else {
    return true;
  }
  return false;
}

template <class C> consteval bool check_step() {
  if constexpr (!HasStep<C>) {
    static_assert(refused<C>, "a cell has a step: write " CAROUSEL_STEP_FORM);
  } else if constexpr (HasPlainStep<C>) {
    static_assert(refused<C>,
                  "a cell's step is a template, because it is read on tensors, numbers, vectors and symbols: "
                  "write " CAROUSEL_STEP_FORM);
  } else if constexpr (is_for_tensors_only<C>()) {
    return true;  // taken at its word: its step is evaluated when the loop engine is
  } else if constexpr (!takes_what_is_declared<C>()) {
    return explain_arguments<C>();
  } else {
    using Sizes = SteppedSizes<decltype(evaluate<C, StepValue<>>({}, {}, {}, {}))>;
    if constexpr (!Sizes::is_stepped) {
      static_assert(refused<C>,
                    "a cell's step returns something else than its states and gates: write return "
                    "Stepped{States<V, M>{...}, Gates<V, N>{...}}");
    } else if constexpr (Sizes::states != state_count<C>) {
      static_assert(
          Sizes::states == state_count<C>,
          "a cell's step returns another number of states than the cell declares: it is the M of return "
          "Stepped{States<V, M>{...}, Gates<V, N>{...}}");
    } else if constexpr (Sizes::gates != gate_count<C>) {
      static_assert(
          Sizes::gates == gate_count<C>,
          "a cell's step returns another number of gates than the cell declares: it is the N of return "
          "Stepped{States<V, M>{...}, Gates<V, N>{...}}");
    } else {
      return check_evaluated_step<C>();
    }
  }
  return false;
}

/// True of a cell that every reading can take; of any other the compiler says the one sentence.
template <class C> consteval bool check_cell() {
  if constexpr (!check_facts<C>()) {
    return false;
  } else if constexpr (IsModule<C>) {
    return true;  // its step is its own
  } else {
    return check_step<C>();
  }
}

}  // namespace carousel::detail

#undef CAROUSEL_STEP_FORM
