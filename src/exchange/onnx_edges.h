// A network in an ONNX graph, and what stands around it there.
#pragma once

#include <string>

#include "carousel/exchange/onnx_model.h"

#include "exchange/onnx_layers.h"

namespace carousel {

/// What a graph reads before the network, and what it makes of the head's answer.
class OnnxEdges {
 public:
  virtual ~OnnxEdges() = default;

  /// Declares the graph's inputs; returns tokens [T, B] or features [T, B, I].
  virtual std::string read(OnnxBuilder& graph) = 0;

  /// Declares the outputs, of the head's answer [T, B, K] or [B, K], which is zero beyond a sequence's end.
  virtual void answer(OnnxBuilder& graph, const std::string& output, const OnnxSteps& lengths) = 0;
};

/// The whole graph: its edges, and the model with its states and lengths between them.
onnx::Graph write_network(SequenceModel& model, const TaskFacts& task, const OnnxOptions& options,
                          OnnxEdges& edges);

}  // namespace carousel
