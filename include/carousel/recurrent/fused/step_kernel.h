// A cell's step and its derivative as kernels over the units of some rows.
#pragma once

#include <cstdint>
#include <utility>

#include "carousel/recurrent/fused/evaluation.h"
#include "carousel/recurrent/fused/step_rows.h"
#include "carousel/recurrent/fused/units.h"

namespace carousel::fused {

template <class Cell, class V> class ForwardKernel {
  using T = Element<V>;
  static constexpr const auto& plan = plan_of<Cell>;
  static constexpr std::size_t S = state_count<Cell>, G = gate_count<Cell>;

 public:
  static CAROUSEL_INLINE void run(const StepRows<T>& r) {
    GateSums gates;
    V unfinite = {};
    for (std::int64_t row = 0; row < r.rows; ++row) {
      Units<V> units;
      for (; units.first + lanes<V> <= r.units; units.first += lanes<V>) step(r, row, units, gates, unfinite);
      if (units.first < r.units) {
        units.count = r.units - units.first, units.whole = false;
        step(r, row, units, gates, unfinite);
      }
      constexpr std::int64_t rows_a_sum = 8;  // not more, as the sums are of the rows' own precision
      if (r.gate_sums && ((row + 1) % rows_a_sum == 0 || row + 1 == r.rows)) {
        gates.add_to(r);
      }
    }
    if (r.finite && !(sum_of(unfinite) == 0.0)) *r.finite = 0;
  }

 private:
  /// What is summed over rows and units of every gate: its activations, and how many lie at their limits.
  struct GateSums {
    V sum[G] = {}, low[G] = {}, high[G] = {};

    CAROUSEL_INLINE void add_to(const StepRows<T>& r) {
      for (std::size_t g = 0; g < G; ++g) {
        r.gate_sums[g] += sum_of(std::exchange(sum[g], V{}));
        if (!r.saturated) continue;
        r.saturated[2 * g] += sum_of(std::exchange(low[g], V{}));
        r.saturated[2 * g + 1] += sum_of(std::exchange(high[g], V{}));
      }
    }
  };

  struct Source {
    const StepRows<T>& r;
    const T* slots;
    std::int64_t row;
    const Units<V>& units;

    CAROUSEL_INLINE V slot(std::size_t k) const {
      return units.get(slots + static_cast<std::int64_t>(k) * r.units);
    }
    template <Leaf Kind> CAROUSEL_INLINE V leaf(std::size_t i) const {
      if constexpr (Kind == Leaf::slot) return slot(i);
      if constexpr (Kind == Leaf::previous) return units.get(r.state[i] + row * r.units);
      if constexpr (Kind == Leaf::vector) return units.get(r.vectors[i]);
      if constexpr (Kind == Leaf::noise) return units.get(r.update + row * r.units);
      return V{};
    }
  };

  static CAROUSEL_INLINE void step(const StepRows<T>& r, std::int64_t row, const Units<V>& units,
                                   GateSums& gates, V& unfinite) {
    T* slots = r.slots + row * r.slots_stride;
    Evaluation<Cell, V, false> values;
    values.run(Source{r, slots, row, units});
    if (r.keep) {
      for (std::size_t s = 1; s < S; ++s) {
        units.put(slots + static_cast<std::int64_t>(plan.slots + s - 1) * r.units,
                  units.get(r.state[s] + row * r.units));
      }
      save(slots, r.units, units, values, std::make_index_sequence<plan_of<Cell>.slots>{});
    }
    write(r, row, units, values, unfinite, std::make_index_sequence<S>{});
    if (r.gate_sums) add_gates(units, values, gates, std::make_index_sequence<G>{});
    if (r.saturated) count_saturated(units, values, gates, std::make_index_sequence<G>{});
  }

  template <class Values, std::size_t... K>
  static CAROUSEL_INLINE void save(T* slots, std::int64_t width, const Units<V>& units, const Values& values,
                                   std::index_sequence<K...>) {
    (save_one<K>(slots, width, units, values), ...);
  }
  template <std::size_t K, class Values>
  static CAROUSEL_INLINE void save_one(T* slots, std::int64_t width, const Units<V>& units,
                                       const Values& values) {
    if constexpr (plan.saved[K] != plan.slot_leaf[K]) {
      units.put(slots + static_cast<std::int64_t>(K) * width, values.template get<plan_of<Cell>.saved[K]>());
    }
  }

  template <class Values, std::size_t... I>
  static CAROUSEL_INLINE void write(const StepRows<T>& r, std::int64_t row, const Units<V>& units,
                                    const Values& values, V& unfinite, std::index_sequence<I...>) {
    (units.put(r.state[I] + row * r.units, values.template get<plan_of<Cell>.states[I]>()), ...);
    if (r.output) units.put(r.output + row * r.output_stride, values.template get<plan_of<Cell>.states[0]>());
    if (r.finite) {  // x - x is 0, or NaN for what is not finite
      ((unfinite += units.only(values.template get<plan_of<Cell>.states[I]>() -
                               values.template get<plan_of<Cell>.states[I]>())),
       ...);
    }
  }

  template <class Values, std::size_t... I>
  static CAROUSEL_INLINE void add_gates(const Units<V>& units, const Values& values, GateSums& gates,
                                        std::index_sequence<I...>) {
    ((gates.sum[I] += units.only(values.template get<plan_of<Cell>.gates[I]>())), ...);
  }

  template <class Values, std::size_t... I>
  static CAROUSEL_INLINE void count_saturated(const Units<V>& units, const Values& values, GateSums& gates,
                                              std::index_sequence<I...>) {
    (count_gate<I>(units, values.template get<plan_of<Cell>.gates[I]>(), gates), ...);
  }
  template <std::size_t I>
  static CAROUSEL_INLINE void count_gate(const Units<V>& units, const V& gate, GateSums& gates) {
    constexpr Activation activation = activations_of<Cell>[I];
    constexpr ActivationLimits limits = limits_of(activation);
    if constexpr (activation != Activation::other) {
      const V one = broadcast<V>(1.0);
      gates.low[I] += units.only(gate <= broadcast<V>(limits.low) ? one : V{});
      if constexpr (activation != Activation::relu)
        gates.high[I] += units.only(gate >= broadcast<V>(limits.high) ? one : V{});
    }
  }
};

template <class Cell, class V> class BackwardKernel {
  using T = Element<V>;
  static constexpr const auto& plan = plan_of<Cell>;
  static constexpr std::size_t S = state_count<Cell>, P = vector_count<Cell>;

 public:
  static CAROUSEL_INLINE void run(const StepRows<T>& r) {
    Squares<V> squares[S];
    for (std::int64_t row = 0; row < r.rows; ++row) {
      Units<V> units;
      for (; units.first + lanes<V> <= r.units; units.first += lanes<V>) step(r, row, units, squares);
      if (units.first < r.units) {
        units.count = r.units - units.first, units.whole = false;
        step(r, row, units, squares);
      }
    }
    if (!r.squares) return;
    for (std::size_t s = 0; s < S; ++s) r.squares[s] += squares[s].sum();
  }

 private:
  struct Source {
    const StepRows<T>& r;
    const T* slots;
    std::int64_t row;
    const Units<V>& units;

    CAROUSEL_INLINE V slot(std::size_t k) const {
      return units.get(slots + static_cast<std::int64_t>(k) * r.units);
    }
    template <Leaf Kind> CAROUSEL_INLINE V leaf(std::size_t i) const {
      if constexpr (Kind == Leaf::slot) return slot(i);
      if constexpr (Kind == Leaf::previous) {
        return i == 0 ? units.get(r.previous_h + row * r.previous_h_stride) : slot(plan.slots + i - 1);
      }
      if constexpr (Kind == Leaf::vector) return units.get(r.vectors[i]);
      if constexpr (Kind == Leaf::noise) return units.get(r.update + row * r.units);
      if constexpr (Kind == Leaf::gradient) {
        const V carried = units.get(r.carry[i] + row * r.units);
        if (i > 0 || !r.output_gradient) return carried;
        return carried + units.get(r.output_gradient + row * r.output_gradient_stride);
      }
      return V{};
    }
  };

  static CAROUSEL_INLINE void step(const StepRows<T>& r, std::int64_t row, const Units<V>& units,
                                   Squares<V> (&squares)[S]) {
    Evaluation<Cell, V, true> values;
    values.run(Source{r, r.slots + row * r.slots_stride, row, units});
    T* gradients = r.slot_gradients + row * r.slot_gradients_stride;
    put_slots(gradients, r.units, units, values, std::make_index_sequence<plan_of<Cell>.slots>{});
    put_states(r, row, units, values, squares, std::make_index_sequence<S>{});
    add_vectors(r, units, values, std::make_index_sequence<P>{});
  }

  /// The value of a node, or zeros where no gradient reaches.
  template <int Id, class Values> static CAROUSEL_INLINE V or_zero(const Values& values) {
    if constexpr (Id >= 0) {
      return values.template get<Id>();
    } else {
      return V{};
    }
  }

  template <class Values, std::size_t... K>
  static CAROUSEL_INLINE void put_slots(T* gradients, std::int64_t width, const Units<V>& units,
                                        const Values& values, std::index_sequence<K...>) {
    (units.put(gradients + static_cast<std::int64_t>(K) * width,
               or_zero<plan_of<Cell>.slot_adjoint[K]>(values)),
     ...);
  }

  template <class Values, std::size_t... I>
  static CAROUSEL_INLINE void put_states(const StepRows<T>& r, std::int64_t row, const Units<V>& units,
                                         const Values& values, Squares<V> (&squares)[S],
                                         std::index_sequence<I...>) {
    (units.put(r.carry[I] + row * r.units, or_zero<plan_of<Cell>.previous_adjoint[I]>(values)), ...);
    if (r.squares) (squares[I].add(units.only(or_zero<plan_of<Cell>.state_adjoint[I]>(values))), ...);
  }

  template <class Values, std::size_t... I>
  static CAROUSEL_INLINE void add_vectors([[maybe_unused]] const StepRows<T>& r,
                                          [[maybe_unused]] const Units<V>& units,
                                          [[maybe_unused]] const Values& values, std::index_sequence<I...>) {
    (add_vector(r.vector_gradients[I], units, or_zero<plan_of<Cell>.vector_adjoint[I]>(values)), ...);
  }
  static CAROUSEL_INLINE void add_vector(T* sum, const Units<V>& units, const V& v) {
    if (sum) units.put(sum, units.get(sum) + v);
  }
};

}  // namespace carousel::fused
