// The lessons of `carousel demo`: each measures one claim about gradients in recurrent networks, and sets it
// beside what theory predicts. Each returns a section of the page (page/page.h).
#pragma once

#include <nlohmann/json.hpp>

#include "carousel/tasks/registries.h"

namespace carousel::cli {

/// W_hh = rho Q with Q orthogonal: |dL/dh_t| = rho^(T-t) |dL/dh_T|, so log |dL/dh| has slope log rho a step
/// (Bengio, Simard & Frasconi 1994; Pascanu, Mikolov & Bengio 2013).
nlohmann::json lesson_of_repeated_multiplication();

/// The same run with and without clipping the gradient's norm (Pascanu, Mikolov & Bengio 2013).
nlohmann::json lesson_of_clipping(const Registries& registries);

/// The adding problem with a tanh RNN and with an LSTM: dL/dh dies in the one, dL/dc is carried by adding in
/// the other (Hochreiter & Schmidhuber 1997).
nlohmann::json lesson_of_the_additive_path(const Registries& registries);

/// With zero recurrent weights dc_T/dc_0 is the product of the forget gates (Gers, Schmidhuber & Cummins 2000).
nlohmann::json lesson_of_the_closed_gate();

/// What the forget gate's bias is at the start, and what the network makes of its gates
/// (Jozefowicz, Zaremba & Sutskever 2015; Tallec & Ollivier 2018).
nlohmann::json lesson_of_the_gates_bias(const Registries& registries);

}  // namespace carousel::cli
