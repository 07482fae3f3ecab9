#include "carousel/recurrent/recorded_json.h"

#include <array>
#include <string>
#include <vector>

namespace carousel {

namespace {

using nlohmann::json;

// In the order of fused::Op, from `add` on, and of fused::Leaf.
constexpr std::array operation_names{"add", "sub",  "mul",      "div", "neg", "sigmoid", "tanh", "exp",
                                     "log", "relu", "softplus", "abs", "min", "max",     "sqrt", "square"};
constexpr std::array leaf_names{"input", "recurrent", "slot", "previous", "vector"};

json node_json(const fused::Node& node) {
  if (node.op == fused::Op::leaf)
    return json::array({leaf_names.at(static_cast<std::size_t>(node.a)), node.b});
  if (node.op == fused::Op::constant) return json::array({"constant", node.value});
  const auto place = static_cast<std::size_t>(node.op) - static_cast<std::size_t>(fused::Op::add);
  json list = json::array({operation_names.at(place), node.a});
  if (node.b >= 0) list.push_back(node.b);
  return list;
}

json gate_json(int gate) {
  return gate < 0 ? json(nullptr) : json(gate);
}

template <class Nodes> std::vector<int> first_of(const Nodes& nodes, std::size_t count) {
  return {nodes.begin(), nodes.begin() + static_cast<std::ptrdiff_t>(count)};
}

std::vector<std::string> names_of(std::span<const char* const> names) {
  return {names.begin(), names.end()};
}

}  // namespace

json recorded_json(const RecordedCell& cell) {
  const CellFacts& facts = cell.facts;
  const fused::FusedCell& kernels = cell.kernels();
  json step = json::array(), starts = json::array();
  for (const fused::Node& node : kernels.step) step.push_back(node_json(node));
  for (const StartRange& range : facts.vector_starts) starts.push_back({range.low, range.high});
  return {{"name", facts.name},
          {"gates", names_of(facts.gates)},
          {"states", names_of(facts.states)},
          {"vectors", names_of(facts.vectors)},
          {"starts", std::move(starts)},
          {"keep_gate", gate_json(facts.keep_gate)},
          {"write_gate", gate_json(facts.write_gate)},
          {"identity_start", facts.identity_start},
          {"separate_projections", facts.separate_projections},
          {"recurrence", facts.recurrence.text()},
          {"step", std::move(step)},
          {"state_nodes", first_of(kernels.state_nodes, kernels.states)},
          {"gate_nodes", first_of(kernels.gate_nodes, kernels.gates)}};
}

}  // namespace carousel
