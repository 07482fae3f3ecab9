// Answers that are classes, in an ONNX graph.
#pragma once

#include <cstdint>
#include <string>

#include "exchange/onnx_layers.h"

namespace carousel {

/// Declares a class's place as prediction and all probabilities, of logits [..., C].
void answer_classes(OnnxBuilder& graph, const std::string& output, std::int64_t classes, bool every_step);

/// One output is the logit of the second of two classes: that of the first is 0.
std::string both_logits(OnnxBuilder& graph, const std::string& output);

}  // namespace carousel
