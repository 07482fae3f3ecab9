// The layers of a recurrent module in an ONNX graph: what onnx_model.cpp puts between input and head.
#pragma once

#include <string>
#include <vector>

#include "carousel/io/onnx_file.h"
#include "carousel/recurrent/recurrent_base.h"

namespace carousel {

/// A graph that grows; a value is called by its name.
class OnnxBuilder {
 public:
  /// Every name made here begins with `prefix`, so that those of a graph inside another differ from its.
  explicit OnnxBuilder(std::string name, std::string prefix = {});

  std::string input(const onnx::Value& value);
  /// Gives a value that exists a name outside.
  void output(const std::string& value, const onnx::Value& outside);

  std::string constant(const torch::Tensor& tensor);  ///< float, or int64 of an int64 tensor
  std::string number(double value);
  std::string list(const std::vector<std::int64_t>& numbers);
  std::string doubles(const std::vector<double>& numbers);  ///< float64 [n]

  /// Another type of a value.
  std::string cast(const std::string& value, onnx::Type type);

  std::string add(const std::string& op, const std::vector<std::string>& inputs,
                  const std::map<std::string, onnx::Attribute>& attributes = {});
  std::vector<std::string> add_many(std::size_t outputs, const std::string& op,
                                    const std::vector<std::string>& inputs,
                                    const std::map<std::string, onnx::Attribute>& attributes = {});

  onnx::Graph take() { return std::move(graph_); }

 private:
  std::string fresh();

  onnx::Graph graph_;
  std::string prefix_;
  std::int64_t names_ = 0;
};

/// What goes into one layer, and what comes out of it.
struct OnnxLayer {
  std::string rows;                 ///< [T, B, I] in, [T, B, D H] out
  std::vector<std::string> states;  ///< S of [D, B, H]; in: empty for zeros
};

/// What all layers see of the sequences' ends and beginnings; "" where they have none.
struct OnnxSteps {
  std::string lengths;      ///< [B] int64
  std::string running;      ///< [T, B, 1] boolean: the sequence still runs
  std::string anew;         ///< [T, B, 1] boolean: the step begins anew
  std::string anew_behind;  ///< the same for who comes from the other side
};

/// One of ONNX's operators that a cell is the same as.
struct OnnxOperator {
  const char* name;
  std::vector<std::int64_t> gates;  ///< ours, in the operator's order
  const char* activation = "";      ///< of RNN
};

/// Null where the cell is none of them.
const OnnxOperator* onnx_operator_of(const fused::FusedCell& cell);

OnnxLayer add_operator_layer(OnnxBuilder& graph, const OnnxOperator& op, const RecurrentBase& module,
                             std::int64_t layer, const OnnxLayer& in, const OnnxSteps& lengths);
OnnxLayer add_scan_layer(OnnxBuilder& graph, const RecurrentBase& module, std::int64_t layer,
                         const OnnxLayer& in, const OnnxSteps& lengths);

}  // namespace carousel
