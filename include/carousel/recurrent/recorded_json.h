// A cell's facts and step as JSON, for other languages. This header needs no tensor.
#pragma once

#include <nlohmann/json.hpp>

#include "carousel/recurrent/recorded_cell.h"

namespace carousel {

/// gates, states and vectors (their names), starts (a range [low, high] a vector, or none), keep_gate and write_gate (an index
/// into gates, or null), identity_start, separate_projections, recurrence (as "full"); and the step: a list of operations, each
/// ["input", g], ["recurrent", g], ["previous", s], ["vector", v], ["constant", value], or a name and the numbers of its
/// operands in the list; state_nodes and gate_nodes say which of them are the results.
nlohmann::json recorded_json(const RecordedCell& cell);

}  // namespace carousel
