#include "carousel/exchange/onnx_model.h"

#include <limits>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/recurrent/fused/fused_cell.h"
#include "carousel/torch.h"
#include "carousel/train/state_dict.h"

#include "exchange/onnx_edges.h"

namespace carousel {
namespace {

constexpr std::int64_t zero = 0, one = 1;

const fused::FusedCell& step_of(const RecurrentBase& recurrent) {
  if (const auto* cell = recurrent.kernels()) return *cell;
  throw Error(
      fmt::format("the cell {} cannot be written as ONNX: its step is no list of elementwise operations; use "
                  "--format safetensors or pt",
                  recurrent.facts().name));
}

/// The operator that the module's layers are, if they are one: zoneout is in none of them.
const OnnxOperator* operator_of(const RecurrentBase& recurrent) {
  const auto& step = step_of(recurrent);
  return recurrent.options.noise().zones() ? nullptr : onnx_operator_of(step);
}

/// Input and output as they are.
class PlainEdges : public OnnxEdges {
 public:
  explicit PlainEdges(const TaskFacts& task) : task_(task) {}

  std::string read(OnnxBuilder& graph) override {
    if (task_.tokens) return graph.input({"input", onnx::Type::int64, {"T", "B"}});
    return graph.input({"input", onnx::Type::float32, {"T", "B", task_.input_size}});
  }

  void answer(OnnxBuilder& graph, const std::string& output, const OnnxSteps&) override {
    onnx::Value value{"output", onnx::Type::float32, {"B", task_.output_size}};
    if (task_.every_step) value.shape.insert(value.shape.begin(), "T");
    graph.output(output, value);
  }

 private:
  const TaskFacts& task_;
};

/// The parts of the graph around the layers.
class NetworkWriter {
 public:
  NetworkWriter(SequenceModel& model, const TaskFacts& task, const OnnxOptions& options)
      : weights_(state_dict(model)),
        recurrent_(model.recurrent()),
        task_(task),
        options_(options),
        graph_("carousel") {}

  onnx::Graph write(OnnxEdges& edges) {
    const auto input = edges.read(graph_);
    read_lengths(input);
    read_resets();
    const auto initial = read_states(input);
    OnnxLayer at{rows_of(input), {}};
    std::vector<std::vector<std::string>> final(states().size());
    for (std::int64_t layer = 0; layer < recurrent_.options.num_layers(); ++layer) {
      at.states.clear();
      for (const auto& state : initial) at.states.push_back(state.at(static_cast<std::size_t>(layer)));
      at = add_layer(layer, at);
      for (std::size_t s = 0; s < final.size(); ++s) final[s].push_back(at.states[s]);
    }
    edges.answer(graph_, answer_of(at), steps_);
    write_states(final);
    return graph_.take();
  }

 private:
  std::span<const char* const> states() const { return recurrent_.facts().states; }
  std::int64_t cells() const { return recurrent_.options.num_layers() * recurrent_.options.directions(); }
  std::int64_t width() const { return recurrent_.options.directions() * recurrent_.options.hidden_size(); }

  /// What the first layer reads, [T, B, I].
  std::string rows_of(const std::string& input) {
    if (!task_.tokens) return task_.embedded.empty() ? input : embed(input);
    if (const auto found = weights_.find("embedding.weight"); found != weights_.end()) {
      return graph_.add("Gather", {graph_.constant(found->second), input}, {{"axis", zero}});
    }
    const auto depth = graph_.constant(torch::tensor(task_.input_size));
    // OneHot counts a negative token from the end; at the depth it sets nothing.
    const auto negative = graph_.add("Less", {input, graph_.constant(torch::tensor(std::int64_t{0}))});
    const auto token = graph_.add("Where", {negative, depth, input});
    return graph_.add("OneHot", {token, depth, graph_.constant(torch::tensor({0.0f, 1.0f}))},
                      {{"axis", std::int64_t{-1}}});
  }

  /// One-hot columns of features as the learned vectors that they stand for.
  std::string embed(const std::string& features) {
    std::vector<std::string> parts;
    std::int64_t from = 0;
    const auto columns = [&](std::int64_t first, std::int64_t end) {
      return graph_.add("Slice", {features, graph_.list({first}), graph_.list({end}), graph_.list({2})});
    };
    for (std::size_t i = 0; i < task_.embedded.size(); ++i) {
      const auto& [first, count, size] = task_.embedded[i];
      if (first > from) parts.push_back(columns(from, first));
      from = first + count;
      const auto vectors = graph_.constant(weights_.at(fmt::format("embedding.{}.weight", i)));
      parts.push_back(graph_.add("MatMul", {columns(first, from), vectors}));
    }
    if (from < task_.input_size) parts.push_back(columns(from, task_.input_size));
    return graph_.add("Concat", parts, {{"axis", std::int64_t{2}}});
  }

  void read_lengths(const std::string& input) {
    if (!options_.lengths) return;
    steps_.lengths = graph_.input({"lengths", onnx::Type::int64, {"B"}});
    const auto steps = graph_.add("Squeeze", {graph_.add("Shape", {input}, {{"start", zero}, {"end", one}})});
    const auto count = [&](std::int64_t n) { return graph_.constant(torch::tensor(n)); };
    const auto time =
        graph_.add("Unsqueeze", {graph_.add("Range", {count(0), steps, count(1)}), graph_.list({1})});
    const auto running = graph_.add("Less", {time, steps_.lengths});
    steps_.running = graph_.add("Unsqueeze", {running, graph_.list({2})});
  }

  void read_resets() {
    if (!options_.resets) return;
    const auto marks = graph_.input({"resets", onnx::Type::boolean, {"T", "B"}});
    steps_.anew = graph_.add("Unsqueeze", {marks, graph_.list({2})});
    const auto rows = [&](std::int64_t first, std::int64_t end) {
      return graph_.add("Slice", {steps_.anew, graph_.list({first}), graph_.list({end}), graph_.list({0})});
    };
    const auto first = rows(0, 1), none = graph_.add("And", {first, graph_.add("Not", {first})});
    constexpr auto end = std::numeric_limits<std::int64_t>::max();
    steps_.anew_behind = graph_.add("Concat", {rows(1, end), none}, {{"axis", zero}});
  }

  /// For every state its layers' parts, [D, B, H] each.
  std::vector<std::vector<std::string>> read_states(const std::string& input) {
    std::vector<std::vector<std::string>> found;
    if (!options_.states) return recurrent_.options.learn_start() ? learned_states(input) : found;
    const auto layers = static_cast<std::size_t>(recurrent_.options.num_layers());
    const std::vector<std::int64_t> sizes(layers, recurrent_.options.directions());
    for (const char* state : states()) {
      const auto all = graph_.input(outside("initial", state));
      found.push_back(graph_.add_many(layers, "Split", {all, graph_.list(sizes)}, {{"axis", zero}}));
    }
    return found;
  }

  /// The same of states that are learned, for every sequence.
  std::vector<std::vector<std::string>> learned_states(const std::string& input) {
    const auto sequences = graph_.add("Shape", {input}, {{"start", one}, {"end", std::int64_t{2}}});
    const std::int64_t directions = recurrent_.options.directions();
    const auto shape = graph_.add(
        "Concat", {graph_.list({directions}), sequences, graph_.list({recurrent_.options.hidden_size()})},
        {{"axis", zero}});
    std::vector<std::vector<std::string>> found;
    for (const auto& state : recurrent_.start(1)) {
      found.emplace_back();
      for (const auto& of_layer : state.detach().split(directions))
        found.back().push_back(graph_.add("Expand", {graph_.constant(of_layer), shape}));
    }
    return found;
  }

  onnx::Value outside(const char* when, const char* state) const {
    return {fmt::format("{}_{}", when, state),
            onnx::Type::float32,
            {cells(), "B", recurrent_.options.hidden_size()}};
  }

  OnnxLayer add_layer(std::int64_t layer, const OnnxLayer& in) {
    const OnnxOperator* op = options_.resets ? nullptr : operator_of(recurrent_);
    return op != nullptr ? add_operator_layer(graph_, *op, recurrent_, layer, in, steps_)
                         : add_scan_layer(graph_, recurrent_, layer, in, steps_);
  }

  /// The head on every step, or on where each direction of the last layer ends.
  std::string answer_of(const OnnxLayer& last) {
    std::string read = last.rows;
    if (!task_.every_step) {
      const auto beside =
          graph_.add("Transpose", {last.states.front()}, {{"perm", std::vector<std::int64_t>{1, 0, 2}}});
      read = graph_.add("Reshape", {beside, graph_.list({0, width()})});
    }
    const auto product = graph_.add("MatMul", {read, graph_.constant(weights_.at("head.weight").t())});
    auto answer = graph_.add("Add", {product, graph_.constant(weights_.at("head.bias"))});
    if (task_.every_step && options_.lengths)
      answer = graph_.add("Where", {steps_.running, answer, graph_.number(0.0)});
    return answer;
  }

  void write_states(const std::vector<std::vector<std::string>>& final) {
    if (!options_.states) return;
    for (std::size_t s = 0; s < final.size(); ++s) {
      graph_.output(graph_.add("Concat", final[s], {{"axis", zero}}), outside("final", states()[s]));
    }
  }

  TensorMap weights_;
  const RecurrentBase& recurrent_;
  const TaskFacts& task_;
  OnnxOptions options_;
  OnnxBuilder graph_;
  OnnxSteps steps_;
};

}  // namespace

onnx::Graph onnx_graph(SequenceModel& model, const TaskFacts& task, const OnnxOptions& options) {
  PlainEdges edges(task);
  return write_network(model, task, options, edges);
}

onnx::Graph write_network(SequenceModel& model, const TaskFacts& task, const OnnxOptions& options,
                          OnnxEdges& edges) {
  return NetworkWriter(model, task, options).write(edges);
}

std::string onnx_operator(const RecurrentBase& recurrent) {
  const OnnxOperator* op = operator_of(recurrent);
  return op != nullptr ? op->name : "Scan";
}

}  // namespace carousel
