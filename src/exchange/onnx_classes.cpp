#include "exchange/onnx_classes.h"

#include "carousel/exchange/onnx_table.h"
#include "carousel/torch.h"

#include "exchange/onnx_edges.h"

namespace carousel {
namespace {

/// Tokens in, as they are; probabilities out.
class ClassifierEdges : public OnnxEdges {
 public:
  explicit ClassifierEdges(const TaskFacts& task) : task_(task) {}

  std::string read(OnnxBuilder& graph) override {
    return graph.input({"input", onnx::Type::int64, {"T", "B"}});
  }
  void answer(OnnxBuilder& graph, const std::string& output, const OnnxSteps&) override {
    answer_classes(graph, output, task_.output_size, task_.every_step);
  }

 private:
  const TaskFacts& task_;
};

}  // namespace

void answer_classes(OnnxBuilder& graph, const std::string& output, std::int64_t classes, bool every_step) {
  std::vector<onnx::Dimension> shape{"B"};
  if (every_step) shape.insert(shape.begin(), "T");
  const auto probabilities = graph.add("Softmax", {output}, {{"axis", std::int64_t{-1}}});
  graph.output(
      graph.add("ArgMax", {probabilities}, {{"axis", std::int64_t{-1}}, {"keepdims", std::int64_t{0}}}),
      {"prediction", onnx::Type::int64, shape});
  shape.push_back(classes);
  graph.output(probabilities, {"probabilities", onnx::Type::float32, shape});
}

std::string both_logits(OnnxBuilder& graph, const std::string& output) {
  const auto none = graph.add("Sub", {output, output});
  return graph.add("Concat", {none, output}, {{"axis", std::int64_t{-1}}});
}

onnx::Graph onnx_classifier(SequenceModel& model, const TaskFacts& task, const OnnxOptions& options) {
  ClassifierEdges edges(task);
  return write_network(model, task, options, edges);
}

}  // namespace carousel
