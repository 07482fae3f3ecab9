// What is wrong with the facts that a cell states, each in one sentence of the compiler. This header needs no tensor.
#pragma once

#include <concepts>
#include <string_view>

#include "carousel/cells/activation.h"
#include "carousel/cells/recurrence.h"
#include "carousel/cells/step.h"
#include "carousel/cells/unsupported.h"

namespace carousel {

/// The most that kernels take.
inline constexpr std::size_t max_states = 8, max_gates = 16, max_vectors = 16;

namespace detail {

template <class T> inline constexpr bool is_list_of_text = false;
template <std::size_t N> inline constexpr bool is_list_of_text<std::array<const char*, N>> = true;
template <std::size_t N> inline constexpr bool is_list_of_text<const std::array<const char*, N>> = true;

/// Whether every text says something, and something else than the others.
template <std::size_t N> constexpr bool are_names(const std::array<const char*, N>& texts) {
  for (std::size_t i = 0; i < N; ++i) {
    if (!texts[i] || !*texts[i]) return false;
    for (std::size_t j = 0; j < i; ++j) {
      if (std::string_view(texts[i]) == texts[j]) return false;
    }
  }
  return true;
}

template <class C>
concept NameIsText = requires { typename std::bool_constant<std::string_view{C::name}.empty()>; };
template <class C>
concept GatesAreText =
    is_list_of_text<decltype(C::gates)> && requires { typename std::bool_constant<are_names(C::gates)>; };
template <class C>
concept StatesAreText =
    is_list_of_text<decltype(C::states)> && requires { typename std::bool_constant<are_names(C::states)>; };
#define CAROUSEL_LIST_FORM(list, example) "static constexpr std::array " #list "{" example "}"

/// The name, and what the numbers of gates, states and vectors come from.
template <class C> consteval bool check_names() {
  if constexpr (!requires { C::name; }) {
    static_assert(
        refused<C>,
        "a cell has a name: write static constexpr const char* name = \"my-cell\"; (in a struct, or public)");
  } else if constexpr (!NameIsText<C>) {
    static_assert(refused<C>,
                  "a cell's name is a text: write static constexpr const char* name = \"my-cell\";");
  } else if constexpr (std::string_view{C::name}.empty()) {
    static_assert(refused<C>,
                  "a cell's name is empty: write static constexpr const char* name = \"my-cell\";");
  } else if constexpr (!requires { C::gates; }) {
    static_assert(refused<C>,
                  "a cell names its gates, in the order of the weights' blocks: write " CAROUSEL_LIST_FORM(
                      gates, "\"forget\", \"new\"") ";");
  } else if constexpr (!requires { C::states; }) {
    static_assert(refused<C>,
                  "a cell names its states, the first of which is the output: write " CAROUSEL_LIST_FORM(
                      states, "\"h\", \"c\"") ";");
  } else if constexpr (!GatesAreText<C>) {
    static_assert(refused<C>, "a cell's gates are a std::array of texts: write " CAROUSEL_LIST_FORM(
                                  gates, "\"forget\", \"new\"") ";");
  } else if constexpr (!StatesAreText<C>) {
    static_assert(refused<C>, "a cell's states are a std::array of texts: write " CAROUSEL_LIST_FORM(
                                  states, "\"h\", \"c\"") ";");
  } else if constexpr (C::gates.size() == 0) {
    static_assert(refused<C>, "a cell has at least one gate: without a pre-activation it reads nothing");
  } else if constexpr (C::states.size() == 0) {
    static_assert(refused<C>, "a cell has at least one state: the first is its output");
  } else if constexpr (!are_names(C::gates)) {
    static_assert(refused<C>, "each of a cell's gates has a name of its own: one is empty, or there twice");
  } else if constexpr (!are_names(C::states)) {
    static_assert(refused<C>, "each of a cell's states has a name of its own: one is empty, or there twice");
  } else {
    return true;
  }
  return false;
}

/// What a fact must be usable as, where it is there: one that is not static constexpr, or of another type, is refused.
#define CAROUSEL_CHECK_FACT(fact, use, form)                         \
  if constexpr (requires { C::fact; }) {                             \
    if constexpr (!requires { typename std::bool_constant<use>; }) { \
      static_assert(refused<C>, "a cell's " #fact " is " form ";");  \
      return false;                                                  \
    }                                                                \
  }

template <class C> consteval bool check_optional_facts() {
  CAROUSEL_CHECK_FACT(separate_projections, (C::separate_projections),
                      "true or false: write static constexpr bool separate_projections = true")
  CAROUSEL_CHECK_FACT(identity_start, (C::identity_start),
                      "true or false: write static constexpr bool identity_start = true")
  CAROUSEL_CHECK_FACT(fused, (C::fused), "true or false: write static constexpr bool fused = false")
  CAROUSEL_CHECK_FACT(
      recurrence, (Recurrence(C::recurrence) == Recurrence{}),
      "a Recurrence: write static constexpr Recurrence recurrence{Recurrence::Form::diagonal}")
  CAROUSEL_CHECK_FACT(keep_gate, (gate_index<C>(C::keep_gate) < 0),
                      "the name of a gate: write static constexpr const char* keep_gate = \"forget\"")
  CAROUSEL_CHECK_FACT(write_gate, (gate_index<C>(C::write_gate) < 0),
                      "the name of a gate: write static constexpr const char* write_gate = \"input\"")
  CAROUSEL_CHECK_FACT(activations, (std::array<Activation, C::gates.size()>{C::activations}.empty()),
                      "one for each gate: write static constexpr std::array activations{Activation::sigmoid}")
  CAROUSEL_CHECK_FACT(vectors, (are_names(C::vectors)),
                      "a std::array of texts: write static constexpr std::array vectors{\"weight_ci\"}")
  CAROUSEL_CHECK_FACT(
      vector_starts, (std::array<StartRange, C::vector_starts.size()>{C::vector_starts}.empty()),
      "a std::array of ranges: write static constexpr std::array vector_starts{StartRange{-1.0, 1.0}}")
  return true;
}
#undef CAROUSEL_CHECK_FACT

/// What facts say of each other. Asked when each is what it should be.
template <class C> consteval bool check_agreement() {
  if constexpr (requires { C::keep_gate; }) {
    if constexpr (gate_index<C>(C::keep_gate) < 0) {
      static_assert(refused<C>, "a cell's keep_gate is one of its gates, by name");
      return false;
    }
  }
  if constexpr (requires { C::write_gate; }) {
    if constexpr (gate_index<C>(C::write_gate) < 0) {
      static_assert(refused<C>, "a cell's write_gate is one of its gates, by name");
      return false;
    }
  }
  if constexpr (requires { C::vectors; }) {
    if constexpr (!are_names(C::vectors)) {
      static_assert(refused<C>,
                    "each of a cell's vectors has a name of its own: one is empty, or there twice");
      return false;
    }
  }
  if constexpr (requires { C::vector_starts; }) {
    if constexpr (C::vector_starts.size() != count_vectors<C>()) {
      static_assert(C::vector_starts.size() == count_vectors<C>(),
                    "a cell's vector_starts have one range for each of its vectors");
      return false;
    }
  }
  return true;
}

template <class C> consteval bool check_sizes() {
  if constexpr (is_for_tensors_only<C>()) {
    return true;
  } else if constexpr (C::gates.size() > max_gates) {
    static_assert(C::gates.size() <= max_gates, "a cell has at most 16 gates");
  } else if constexpr (C::states.size() > max_states) {
    static_assert(C::states.size() <= max_states, "a cell has at most 8 states");
  } else if constexpr (count_vectors<C>() > max_vectors) {
    static_assert(count_vectors<C>() <= max_vectors, "a cell has at most 16 learned vectors");
  } else {
    return true;
  }
  return false;
}

/// One after the other: what follows a wrong fact may not be asked for.
template <class C> consteval bool check_facts() {
  if constexpr (!check_names<C>()) {
    return false;
  } else if constexpr (!check_optional_facts<C>()) {
    return false;
  } else if constexpr (!check_agreement<C>()) {
    return false;
  } else {
    return check_sizes<C>();
  }
}

}  // namespace detail
}  // namespace carousel

#undef CAROUSEL_LIST_FORM
