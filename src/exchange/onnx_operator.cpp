// Layers as ONNX's own RNN, LSTM and GRU.
#include <algorithm>

#include "carousel/cells/gru.h"
#include "carousel/cells/irnn.h"
#include "carousel/cells/lstm.h"
#include "carousel/cells/rnn.h"
#include "carousel/recurrent/fused/fused_cell.h"
#include "carousel/recurrent/recurrent_product.h"
#include "carousel/torch.h"

#include "exchange/onnx_layers.h"

namespace carousel {
namespace {

using torch::Tensor;

/// Whether a cell computes what Known does: the same operations, whatever its name.
template <class Known> bool is_the_same(const fused::FusedCell& cell) {
  static constexpr auto known = fused::record<Known>();
  const auto count = static_cast<std::size_t>(known.graph.count);
  return cell.separate_projections == separate_projections<Known> && cell.gates == gate_count<Known> &&
         cell.states == state_count<Known> && cell.step.size() == count &&
         std::equal(cell.step.begin(), cell.step.end(), known.graph.nodes.begin()) &&
         std::equal(known.states.begin(), known.states.end(), cell.state_nodes.begin());
}

/// [G H, ...] with its blocks in the operator's order.
Tensor reordered(const Tensor& rows, const OnnxOperator& op) {
  const auto gates = static_cast<std::int64_t>(op.gates.size());
  return rows.unflatten(0, {gates, rows.size(0) / gates})
      .index_select(0, torch::tensor(op.gates))
      .flatten(0, 1);
}

/// One of the operator's constants, [D, ...]: `pick` gives a direction's part.
template <class Pick>
std::string of_directions(OnnxBuilder& graph, const RecurrentBase& module, std::int64_t layer, Pick pick) {
  std::vector<Tensor> parts;
  for (const bool reverse : {false, true}) {
    if (reverse && !module.options.bidirectional()) break;
    parts.push_back(pick(module.weights({layer, reverse})));
  }
  return graph.constant(torch::stack(parts));
}

std::map<std::string, onnx::Attribute> attributes(const OnnxOperator& op, const RecurrentBase& module) {
  const bool both = module.options.bidirectional();
  std::map<std::string, onnx::Attribute> found{
      {"hidden_size", module.options.hidden_size()},
      {"direction", std::string(both ? "bidirectional" : "forward")}};
  if (std::string_view(op.name) == "GRU") found["linear_before_reset"] = std::int64_t{1};
  if (*op.activation != '\0') found["activations"] = std::vector<std::string>(both ? 2 : 1, op.activation);
  return found;
}

}  // namespace

const OnnxOperator* onnx_operator_of(const fused::FusedCell& cell) {
  static const OnnxOperator tanh{"RNN", {0}, "Tanh"}, relu{"RNN", {0}, "Relu"};
  static const OnnxOperator lstm{"LSTM", {0, 3, 1, 2}};  // i o f c of our i f g o
  static const OnnxOperator gru{"GRU", {1, 0, 2}};       // z r h of our r z n
  if (is_the_same<RnnCell>(cell)) return &tanh;
  if (is_the_same<ReluRnnCell>(cell)) return &relu;
  if (is_the_same<LstmCell>(cell)) return &lstm;
  if (is_the_same<GruCell>(cell)) return &gru;
  return nullptr;
}

OnnxLayer add_operator_layer(OnnxBuilder& graph, const OnnxOperator& op, const RecurrentBase& module,
                             std::int64_t layer, const OnnxLayer& in, const OnnxSteps& lengths) {
  const torch::NoGradGuard no_grad;
  const auto dense = [&](const LayerWeights& w) {
    return dense_recurrent(w.weight_hh, w.weight_ih, static_cast<std::int64_t>(op.gates.size()),
                           module.options.hidden_size());
  };
  std::vector<std::string> inputs{in.rows};
  inputs.push_back(
      of_directions(graph, module, layer, [&](const LayerWeights& w) { return reordered(w.weight_ih, op); }));
  inputs.push_back(
      of_directions(graph, module, layer, [&](const LayerWeights& w) { return reordered(dense(w), op); }));
  inputs.push_back(of_directions(graph, module, layer, [&](const LayerWeights& w) {
    return torch::cat({reordered(w.bias_ih, op), reordered(w.bias_hh, op)});
  }));
  inputs.push_back(lengths.lengths.empty() ? "" : graph.cast(lengths.lengths, onnx::Type::int32));
  inputs.insert(inputs.end(), in.states.begin(), in.states.end());
  while (inputs.back().empty()) inputs.pop_back();

  const std::size_t states = module.facts().states.size();
  auto outputs = graph.add_many(1 + states, op.name, inputs, attributes(op, module));  // [T, D, B, H], states
  const auto beside =
      graph.add("Transpose", {outputs.front()}, {{"perm", std::vector<std::int64_t>{0, 2, 1, 3}}});
  const std::int64_t width = module.options.directions() * module.options.hidden_size();
  return {graph.add("Reshape", {beside, graph.list({0, 0, width})}), {outputs.begin() + 1, outputs.end()}};
}

}  // namespace carousel
