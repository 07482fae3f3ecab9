// Where a recurrent module starts: its forget gates and its recurrent matrices.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "carousel/recurrent/observer.h"
#include "carousel/torch_forward.h"

namespace carousel {

class RecurrentBase;

/// How the recurrent matrices W_hh are drawn. Each gate's block [H, H] is drawn by itself.
enum class RecurrentInit {
  /// As the module was made, which is as the cell's paper has it (the identity with zero biases for an IRNN),
  /// else torch's U(-1/sqrt(H), 1/sqrt(H)). Nothing is changed, so that trained weights stay what they are.
  cell,
  /// U(-1/sqrt(H), 1/sqrt(H)), torch's default: drawn anew, with the biases, for a cell that starts otherwise,
  /// and for the others nothing is changed.
  torch,
  orthogonal,  ///< a random orthogonal matrix (Saxe, McClelland & Ganguli 2014): every singular value is 1
  identity,    ///< the identity (Le, Jaitly & Hinton 2015)
  radius,      ///< normal entries, scaled to a given spectral radius: below 1 forgets, above 1 explodes
  normal,      ///< N(0, std^2), as in Pascanu, Mikolov & Bengio 2013
};

struct InitOptions {
  /// Effective bias of the gate that keeps the memory, in every layer and direction. 1 is the usual advice
  /// (Jozefowicz, Zaremba & Sutskever 2015): the gate starts open and the network learns when to forget.
  std::optional<double> forget_bias = {};
  /// Chrono initialisation (Tallec & Ollivier 2018): keep bias = ln U[1, Tmax - 1], write bias = its
  /// opposite, so that the units' memories span the steps 1 ... Tmax.
  std::optional<double> chrono_tmax = {};
  RecurrentInit recurrent = RecurrentInit::cell;
  double radius = 1.0;  ///< spectral radius for RecurrentInit::radius
  double std = 0.1;     ///< standard deviation for RecurrentInit::normal
};

/// What a gate's bias came to in one layer and direction: bias_ih + bias_hh over its H units.
struct GateBias {
  LayerId id;
  std::string gate;
  double mean = 0.0, min = 0.0, max = 0.0;
};

/// Applies the options, and returns the effective bias of the keep gate of every layer and direction (empty
/// for a cell without one). A bias is set on bias_ih and the same entries of bias_hh become 0, so that it
/// counts once. Throws Error when a bias is asked for and the cell has no keep gate or no bias, when both
/// kinds are asked for, when recurrent matrices are to be drawn and the recurrence is none, or when a value is out of range.
std::vector<GateBias> initialise(RecurrentBase& module, const InitOptions& options);

/// The start of a cell that says identity_start: the recurrent matrices the identity, the biases zero. A module
/// starts so when it is made; other weights are overwritten.
void start_as_identity(RecurrentBase& module);

/// Draws the learned vectors of a cell that says vector_starts; those of another stay as they are.
void start_vectors(RecurrentBase& module);

/// The effective bias of the keep gate as it is now.
std::vector<GateBias> keep_gate_bias(const RecurrentBase& module);

/// A square matrix's largest absolute eigenvalue, in double.
double spectral_radius(const torch::Tensor& matrix);

}  // namespace carousel
