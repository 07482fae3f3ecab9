// Layers of any elementwise cell as ONNX's Scan: the body is the cell's step, as it wrote itself down.
#include <fmt/format.h>

#include "carousel/recurrent/fused/fused_cell.h"
#include "carousel/recurrent/recurrent_product.h"
#include "carousel/torch.h"

#include "exchange/onnx_layers.h"

namespace carousel {
namespace {

using fused::Leaf;
using fused::Node;
using fused::Op;
using Names = std::vector<std::string>;

const char* operator_name(Op op) {
  switch (op) {
    case Op::add:
      return "Add";
    case Op::sub:
      return "Sub";
    case Op::mul:
    case Op::square:
      return "Mul";
    case Op::div:
      return "Div";
    case Op::neg:
      return "Neg";
    case Op::sigmoid:
      return "Sigmoid";
    case Op::tanh:
      return "Tanh";
    case Op::exp:
      return "Exp";
    case Op::log:
      return "Log";
    case Op::relu:
      return "Relu";
    case Op::softplus:
      return "Softplus";
    case Op::abs:
      return "Abs";
    case Op::min:
      return "Min";
    case Op::max:
      return "Max";
    case Op::sqrt:
      return "Sqrt";
    default:
      throw std::logic_error("an operation that no step can write");
  }
}

/// What the leaves of a step stand for.
struct Leaves {
  Names input, recurrent, previous, vectors;

  const std::string& find(const Node& leaf) const {
    const auto index = static_cast<std::size_t>(leaf.b);
    switch (static_cast<Leaf>(leaf.a)) {
      case Leaf::input:
        return input.at(index);
      case Leaf::recurrent:
        return recurrent.at(index);
      case Leaf::previous:
        return previous.at(index);
      default:
        return vectors.at(index);
    }
  }
};

/// Writes the step's operations; returns the new states.
Names add_step(OnnxBuilder& body, const fused::FusedCell& cell, const Leaves& leaves) {
  Names values;
  for (const Node& node : cell.step) {
    const auto operand = [&](int id) { return values.at(static_cast<std::size_t>(id)); };
    if (node.op == Op::leaf) {
      values.push_back(leaves.find(node));
    } else if (node.op == Op::constant) {
      values.push_back(body.number(node.value));
    } else {
      Names operands{operand(node.a)};
      if (node.op == Op::square) operands.push_back(operands.front());
      if (node.b >= 0) operands.push_back(operand(node.b));
      values.push_back(body.add(operator_name(node.op), operands));
    }
  }
  // A state that no sequence has a part in, such as a learned vector, still is one of every sequence.
  const auto shape = body.add("Shape", {leaves.previous.front()});
  Names states;
  for (std::size_t s = 0; s < cell.states; ++s) {
    states.push_back(body.add("Expand", {values.at(static_cast<std::size_t>(cell.state_nodes[s])), shape}));
  }
  return states;
}

/// Puts the start in the place of the states of sequences that begin anew.
void begin_anew(OnnxBuilder& body, OnnxBuilder& around, const RecurrentBase& module, LayerId id,
                const std::string& anew, Names& states) {
  const auto start = module.start(1);
  const std::int64_t place = id.layer * module.options.directions() + (id.reverse ? 1 : 0);
  for (std::size_t s = 0; s < states.size(); ++s)
    states[s] = body.add("Where", {anew, around.constant(start[s][place].detach()), states[s]});
}

/// One time step: the previous states and a step's projection [B, G H] in, the new states and h' out.
/// Constants of the graph around it are seen by their names.
onnx::Graph body_of(const RecurrentBase& module, OnnxBuilder& around, LayerId id, const OnnxSteps& steps) {
  const fused::FusedCell& cell = *module.kernels();
  const LayerWeights weights = module.weights(id);
  const std::int64_t hidden = module.options.hidden_size();
  const auto rows = static_cast<std::int64_t>(cell.gates) * hidden;
  const std::string prefix = fmt::format("l{}{}_", id.layer, id.reverse ? "_reverse" : "");
  OnnxBuilder body(prefix + "step", prefix);

  Leaves leaves;
  for (const char* state : module.facts().states) {
    leaves.previous.push_back(body.input({prefix + state, onnx::Type::float32, {"B", hidden}}));
  }
  const auto projected = body.input({prefix + "projected", onnx::Type::float32, {"B", rows}});
  const auto flag_of = [&](const std::string& of_all, const char* name) {
    return of_all.empty() ? "" : body.input({prefix + name, onnx::Type::boolean, {"B", 1}});
  };
  const auto running = flag_of(steps.running, "running"), anew = flag_of(steps.anew, "anew");
  const Names carried = leaves.previous;
  if (!anew.empty()) begin_anew(body, around, module, id, anew, leaves.previous);
  for (const auto& vector : weights.vectors) leaves.vectors.push_back(around.constant(vector));

  const std::vector<std::int64_t> sizes(cell.gates, hidden);
  const auto split = [&](const std::string& value) {
    return body.add_many(cell.gates, "Split", {value, body.list(sizes)}, {{"axis", std::int64_t{1}}});
  };
  const auto dense =
      dense_recurrent(weights.weight_hh, weights.weight_ih, static_cast<std::int64_t>(cell.gates), hidden);
  auto recurrent = body.add("MatMul", {leaves.previous.front(), around.constant(dense.t())});
  if (cell.separate_projections) {
    leaves.input = split(projected);
    leaves.recurrent = split(body.add("Add", {recurrent, around.constant(weights.bias_hh)}));
  } else {
    leaves.input = split(body.add("Add", {projected, recurrent}));
  }

  Names states = add_step(body, cell, leaves);
  for (std::size_t s = 0; s < states.size(); ++s) {
    const double kept = module.options.noise().zoneout_of(s);
    if (kept > 0.0) {
      const auto fresh = body.add("Mul", {states[s], body.number(1.0 - kept)});
      states[s] = body.add("Add", {fresh, body.add("Mul", {leaves.previous[s], body.number(kept)})});
    }
    if (!running.empty()) states[s] = body.add("Where", {running, states[s], carried[s]});
  }
  for (std::size_t s = 0; s < states.size(); ++s) {
    body.output(
        states[s],
        {fmt::format("{}next_{}", prefix, module.facts().states[s]), onnx::Type::float32, {"B", hidden}});
  }
  body.output(states.front(), {prefix + "out", onnx::Type::float32, {"B", hidden}});
  return body.take();
}

/// [B, H] of zeros for the rows [T, B, .].
std::string zeros_for(OnnxBuilder& graph, const std::string& rows, std::int64_t hidden) {
  const auto sequences = graph.add("Shape", {rows}, {{"start", std::int64_t{1}}, {"end", std::int64_t{2}}});
  const auto shape = graph.add("Concat", {sequences, graph.list({hidden})}, {{"axis", std::int64_t{0}}});
  return graph.add("ConstantOfShape", {shape});
}

/// The input projection of all steps with its bias, [T, B, G H].
std::string project(OnnxBuilder& graph, const std::string& rows, const LayerWeights& weights, bool separate) {
  const auto product = graph.add("MatMul", {rows, graph.constant(weights.weight_ih.t())});
  return graph.add("Add",
                   {product, graph.constant(separate ? weights.bias_ih : weights.bias_ih + weights.bias_hh)});
}

}  // namespace

OnnxLayer add_scan_layer(OnnxBuilder& graph, const RecurrentBase& module, std::int64_t layer,
                         const OnnxLayer& in, const OnnxSteps& steps) {
  const torch::NoGradGuard no_grad;
  const std::size_t S = module.facts().states.size();
  Names rows;
  std::vector<Names> states(S);
  for (const bool reverse : {false, true}) {
    if (reverse && !module.options.bidirectional()) break;
    const LayerId id{layer, reverse};
    Names inputs;
    for (const auto& state : in.states) {
      inputs.push_back(graph.add("Gather",
                                 {state, graph.constant(torch::tensor(std::int64_t{reverse ? 1 : 0}))},
                                 {{"axis", std::int64_t{0}}}));
    }
    if (inputs.empty()) inputs.assign(S, zeros_for(graph, in.rows, module.options.hidden_size()));
    inputs.push_back(project(graph, in.rows, module.weights(id), module.kernels()->separate_projections));
    if (!steps.running.empty()) inputs.push_back(steps.running);
    if (!steps.anew.empty()) inputs.push_back(reverse ? steps.anew_behind : steps.anew);
    const std::vector<std::int64_t> direction{reverse ? 1 : 0};
    const auto scanned = static_cast<std::int64_t>(inputs.size() - S);
    const auto outputs = graph.add_many(
        S + 1, "Scan", inputs,
        {{"body", std::make_shared<const onnx::Graph>(body_of(module, graph, id, steps))},
         {"num_scan_inputs", scanned},
         {"scan_input_directions", std::vector<std::int64_t>(inputs.size() - S, direction.front())},
         {"scan_output_directions", direction}});
    for (std::size_t s = 0; s < S; ++s) {
      states[s].push_back(graph.add("Unsqueeze", {outputs[s], graph.list({0})}));
    }
    rows.push_back(outputs.back());
  }
  OnnxLayer out{graph.add("Concat", rows, {{"axis", std::int64_t{2}}}), {}};
  for (const Names& parts : states) {
    out.states.push_back(graph.add("Concat", parts, {{"axis", std::int64_t{0}}}));
  }
  return out;
}

}  // namespace carousel
