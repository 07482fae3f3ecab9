// A cell's step and its derivative as kernels over the units of some rows.
#pragma once

#include <cstdint>
#include <utility>

#include "carousel/recurrent/fused/plan.h"
#include "carousel/recurrent/fused/vector_math.h"

namespace carousel::fused {

inline constexpr std::size_t max_states = 8, max_gates = 16, max_vectors = 16;

/// Some rows at one time step. A stride is the distance between rows, in elements. H units a row.
template <class T> struct StepRows {
  std::int64_t units = 0;
  std::int64_t rows = 0;
  T* slots = nullptr;  ///< the row's slots, H each, and then its previous states but the first, H each
  std::int64_t slots_stride = 0;
  std::array<const T*, max_vectors> vectors{};  ///< H each

  // Forward only.
  std::array<T*, max_states> state{};  ///< [rows, H]: previous states in, new states out
  T* output = nullptr;                 ///< the new h once more; null for none
  std::int64_t output_stride = 0;
  bool keep = false;  ///< whether saved values go into the slots, and the previous states behind them
  double* gate_sums = nullptr;  ///< null, or where the sum of every gate's activations is added
  char* finite = nullptr;       ///< null, or set to 0 when a new state is not finite

  // Backward only.
  const T* previous_h = nullptr;
  std::int64_t previous_h_stride = 0;
  const T* output_gradient = nullptr;  ///< dL/d(output); null for zeros
  std::int64_t output_gradient_stride = 0;
  std::array<T*, max_states> carry{};  ///< [rows, H]: dL/d(new states) in, the direct dL/d(previous) out
  T* slot_gradients = nullptr;
  std::int64_t slot_gradients_stride = 0;
  std::array<T*, max_vectors> vector_gradients{};  ///< H each, added to; null for none
  double* squares = nullptr;  ///< null, or where the sum of squares of every dL/d(new state) is added
};

/// The value of one node of a step's graph, from the values of those before it.
template <class V> CAROUSEL_INLINE V apply(Op op, const V& a, const V& b, const V& c) {
  switch (op) {
    case Op::add:
      return a + b;
    case Op::sub:
      return a - b;
    case Op::mul:
      return a * b;
    case Op::div:
      return a / b;
    case Op::neg:
      return -a;
    case Op::sigmoid:
      return sigmoid_of(a);
    case Op::tanh:
      return tanh_of(a);
    case Op::exp:
      return exp_of(a);
    case Op::log:
      return log_of(a);
    case Op::relu:
      return a <= 0 ? V{} : a;
    case Op::softplus:
      return softplus_of(a);
    case Op::abs:
      return abs_of(a);
    case Op::min:
      return min_of(a, b);
    case Op::max:
      return max_of(a, b);
    case Op::sqrt:
      return sqrt_of(a);
    case Op::square:
      return a * a;
    case Op::pass_positive:
      return a > 0 ? b : V{};
    case Op::pass_sign:
      return a > 0 ? b : (a < 0 ? -b : V{});
    case Op::pass_greater:
      return a > b ? c : (a == b ? c * broadcast<V>(0.5) : V{});
    case Op::softplus_slope:
      return softplus_slope_of(a);
    default:
      return V{};
  }
}

/// Evaluates the live nodes of a plan on vectors of type V. `Source` loads leaves; `Backward` takes the
/// derivative's live nodes and loads saved values instead of computing them.
template <class Cell, class V, bool Backward> class Evaluation {
 public:
  static constexpr const auto& plan = plan_of<Cell>;
  static constexpr const NodeSet& live = Backward ? plan.backward_live : plan.forward_live;

  template <class Source> CAROUSEL_INLINE void run(const Source& source) {
    evaluate(source, std::make_integer_sequence < int,
             Backward ? plan_of<Cell>.graph.count : plan_of<Cell>.forward_count > {});
  }
  template <int Id> CAROUSEL_INLINE const V& get() const { return value_[Id]; }

 private:
  template <class Source, int... Ids>
  CAROUSEL_INLINE void evaluate(const Source& source, std::integer_sequence<int, Ids...>) {
    (evaluate_node<Ids>(source), ...);
  }

  template <int Id, class Source> CAROUSEL_INLINE void evaluate_node(const Source& source) {
    if constexpr (live[Id]) {
      constexpr Node node = plan.graph[Id];
      if constexpr (Backward && plan.is_saved(Id)) {
        value_[Id] = source.slot(plan.slot_of(Id));
      } else if constexpr (node.op == Op::leaf) {
        value_[Id] = source.template leaf<static_cast<Leaf>(node.a)>(static_cast<std::size_t>(node.b));
      } else if constexpr (node.op == Op::constant) {
        value_[Id] = broadcast<V>(node.value);
      } else {
        value_[Id] = apply<V>(node.op, value_[node.a], value_[node.b < 0 ? node.a : node.b],
                              value_[node.c < 0 ? node.a : node.c]);
      }
    }
  }

  V value_[static_cast<std::size_t>(Backward ? plan_of<Cell>.graph.count : plan_of<Cell>.forward_count)];
};

/// One vector's worth of units of one row; the last ones of a row may be fewer than a vector has.
template <class V> struct Units {
  using T = Element<V>;
  std::int64_t first = 0, count = lanes<V>;
  bool whole = true;

  CAROUSEL_INLINE V get(const T* row) const {
    return whole ? load<V>(row + first) : load_part<V>(row + first, count);
  }
  CAROUSEL_INLINE void put(T* row, const V& v) const {
    if (whole) {
      store(row + first, v);
    } else {
      store_part(row + first, v, count);
    }
  }
  /// `v` with zeros in the lanes that are no unit.
  CAROUSEL_INLINE V only(const V& v) const {
    if (whole) return v;
    T lane[lanes<V>];
    store(lane, v);
    return load_part<V>(lane, count);
  }
};

/// Sum of the lanes: halves are added to each other until one is left.
template <class V> CAROUSEL_INLINE double sum_of(const V& v) {
  if constexpr (sizeof(V) == 16) {
    double sum = 0.0;
    for (int i = 0; i < lanes<V>; ++i) sum += static_cast<double>(v[i]);
    return sum;
  } else {
    using Half = Vector<Element<V>, sizeof(V) / 2>;
    Half low, high;
    __builtin_memcpy(&low, &v, sizeof low);
    __builtin_memcpy(&high, reinterpret_cast<const char*>(&v) + sizeof low, sizeof high);
    return sum_of<Half>(low + high);
  }
}

/// Adds the squares of v to two vectors of doubles: a float as small as 1e-30 must not vanish by squaring.
template <class V> struct Squares {
  using Doubles = Vector<double, sizeof(V)>;
  Doubles low{}, high{};

  CAROUSEL_INLINE void add(const V& v) {
    if constexpr (sizeof(Element<V>) == sizeof(double)) {
      low += v * v;
    } else {
      using Half = Vector<float, sizeof(V) / 2>;
      float lane[lanes<V>];
      store(lane, v);
      const Doubles a = __builtin_convertvector(load<Half>(lane), Doubles);
      const Doubles b = __builtin_convertvector(load<Half>(lane + lanes<V> / 2), Doubles);
      low += a * a, high += b * b;
    }
  }
  CAROUSEL_INLINE double sum() const { return sum_of<Doubles>(low + high); }
};

template <class Cell, class V> class ForwardKernel {
  using T = Element<V>;
  static constexpr const auto& plan = plan_of<Cell>;
  static constexpr std::size_t S = state_count<Cell>, G = gate_count<Cell>;

 public:
  static CAROUSEL_INLINE void run(const StepRows<T>& r) {
    V gate_sum[G] = {}, unfinite = {};
    for (std::int64_t row = 0; row < r.rows; ++row) {
      Units<V> units;
      for (; units.first + lanes<V> <= r.units; units.first += lanes<V>)
        step(r, row, units, gate_sum, unfinite);
      if (units.first < r.units) {
        units.count = r.units - units.first, units.whole = false;
        step(r, row, units, gate_sum, unfinite);
      }
      constexpr std::int64_t rows_a_sum = 8;  // not more, as the sums are of the rows' own precision
      if (r.gate_sums && ((row + 1) % rows_a_sum == 0 || row + 1 == r.rows)) {
        for (std::size_t g = 0; g < G; ++g) r.gate_sums[g] += sum_of(std::exchange(gate_sum[g], V{}));
      }
    }
    if (r.finite && !(sum_of(unfinite) == 0.0)) *r.finite = 0;
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
      if constexpr (Kind == Leaf::previous) return units.get(r.state[i] + row * r.units);
      if constexpr (Kind == Leaf::vector) return units.get(r.vectors[i]);
      return V{};
    }
  };

  static CAROUSEL_INLINE void step(const StepRows<T>& r, std::int64_t row, const Units<V>& units,
                                   V (&gate_sum)[G], V& unfinite) {
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
    if (r.gate_sums) add_gates(units, values, gate_sum, std::make_index_sequence<G>{});
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
  static CAROUSEL_INLINE void add_gates(const Units<V>& units, const Values& values, V (&sums)[G],
                                        std::index_sequence<I...>) {
    ((sums[I] += units.only(values.template get<plan_of<Cell>.gates[I]>())), ...);
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
