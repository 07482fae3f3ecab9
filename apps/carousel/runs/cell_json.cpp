#include "runs/cell_json.h"

#include "carousel/recurrent/load_cell.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

/// In the order of fused::Op, from `add` on, and of fused::Leaf.
constexpr std::array operation_names{"add", "sub", "mul",  "div",      "neg", "sigmoid", "tanh", "exp",
                                     "log", "relu", "softplus", "abs", "min", "max", "sqrt", "square"};
constexpr std::array leaf_names{"input", "recurrent", "slot", "previous", "vector"};

json node_json(const fused::Node& node) {
  if (node.op == fused::Op::leaf) return {leaf_names.at(static_cast<std::size_t>(node.a)), node.b};
  if (node.op == fused::Op::constant) return {"constant", node.value};
  json list{operation_names.at(static_cast<std::size_t>(node.op) - static_cast<std::size_t>(fused::Op::add)), node.a};
  if (node.b >= 0) list.push_back(node.b);
  return list;
}

}  // namespace

json cell_json(const CellRegistry::Entry& cell) {
  const fused::FusedCell& kernels = cell.readings->kernels;
  json step = json::array();
  for (const fused::Node& node : kernels.step) step.push_back(node_json(node));
  const auto nodes = [](const auto& all, std::size_t count) { return std::vector<int>(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count)); };
  const auto names = [](auto list) { return std::vector<std::string>(list.begin(), list.end()); };
  const CellFacts& facts = cell.facts;
  return {{"file", cell.file},
          {"hash", cell_hash(cell.source)},
          {"gates", names(facts.gates)},
          {"states", names(facts.states)},
          {"vectors", names(facts.vectors)},
          {"write_gate", facts.write_gate < 0 ? json(nullptr) : json(facts.write_gate)},
          {"separate_projections", facts.separate_projections},
          {"recurrence", facts.recurrence.text()},
          {"step", std::move(step)},
          {"state_nodes", nodes(kernels.state_nodes, kernels.states)},
          {"gate_nodes", nodes(kernels.gate_nodes, kernels.gates)}};
}

}  // namespace carousel::cli
