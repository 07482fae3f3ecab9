// The network of coupled oscillators.
#pragma once

#include "carousel/cells/cell.h"

namespace carousel {

/// coRNN (Rusch & Mishra 2021, "Coupled Oscillatory Recurrent Neural Network (coRNN): An Accurate and (Gradient)
/// Stable Architecture for Learning Long Time Dependencies"): units are positions h of damped, driven oscillators
/// with velocities z, a step of time dt = 0.05 at a time.
///
///   n = tanh(W_ih x + b_ih + W_hh h + b_hh + v z)
///   z' = z + dt (n - w^2 h - d^2 z)    h' = h + dt z'
///
/// v, w and d are vectors of H weights. The paper couples velocities by a matrix; here v is its diagonal. It has one
/// frequency and one damping for all units, gamma = w^2 and epsilon = d^2, chosen by a search, as is its dt; here
/// every unit learns its own, and dt, which W_hh and what reads h can make up for, is fixed. They start at periods of
/// 42 to 126 steps and memories of z of 5 to 20 steps. At w dt < 1 and d^2 dt < 1 the oscillation is stable.
struct CornnCell {
  static constexpr const char* name = "cornn";
  static constexpr std::array gates{"new"};
  static constexpr std::array states{"h", "z"};
  static constexpr std::array vectors{"weight_zn", "weight_frequency", "weight_damping"};
  static constexpr std::array vector_starts{StartRange{-0.1, 0.1}, StartRange{1.0, 3.0},
                                            StartRange{1.0, 2.0}};
  static constexpr double dt = 0.05;

  template <class V>
  static constexpr auto step(const Gates<V, 1>& pre, const States<V, 2>& previous,
                             const Vectors<V, 3>& learned) {
    const V &h = previous[0], &z = previous[1];
    const V n = tanh(pre[0] + learned[0] * z);
    const V velocity = z + dt * (n - square(learned[1]) * h - square(learned[2]) * z);
    return Stepped{States<V, 2>{h + dt * velocity, velocity}, Gates<V, 1>{n}};
  }
};

}  // namespace carousel
