// Models in the ONNX format: a graph of named operators that other programs run, such as onnxruntime.
//
//   carousel::onnx::Graph graph{.name = "sum"};
//   graph.inputs = {{"x", onnx::Type::float32, {"T", 3}}};
//   graph.outputs = {{"y", onnx::Type::float32, {"T", 3}}};
//   graph.nodes = {{.op = "Add", .inputs = {"x", "x"}, .outputs = {"y"}}};
//   carousel::write_file_atomically("sum.onnx", onnx::to_bytes({.graph = graph}));
//
// Only what our exports need of the format; its messages and field numbers are those of onnx.proto,
// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. This header needs no tensor.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace carousel::onnx {

/// Element types, by the numbers they have in the file.
enum class Type : std::uint8_t { float32 = 1, int32 = 6, int64 = 7, boolean = 9, float64 = 11 };

/// A constant: row-major, little-endian.
struct Tensor {
  std::string name = {};
  Type type = Type::float32;
  std::vector<std::int64_t> shape = {};  ///< empty for a number
  std::string bytes = {};

  static Tensor of(std::string name, const std::vector<float>& numbers, std::vector<std::int64_t> shape);
  static Tensor of(std::string name, const std::vector<double>& numbers, std::vector<std::int64_t> shape);
  static Tensor of(std::string name, const std::vector<std::int64_t>& numbers,
                   std::vector<std::int64_t> shape);
  /// A number, of shape [].
  static Tensor of(std::string name, float number) { return of(std::move(name), std::vector{number}, {}); }
  /// A list of integers, of shape [n]: what operators take as shapes, axes and sizes.
  static Tensor of(std::string name, const std::vector<std::int64_t>& list) {
    return of(std::move(name), list, {static_cast<std::int64_t>(list.size())});
  }
};

struct Graph;

/// What an operator is told besides its inputs.
using Attribute = std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>,
                               std::vector<std::string>, std::shared_ptr<const Graph>>;

/// One operator. An input that is left out is "".
struct Node {
  std::string op;
  std::vector<std::string> inputs = {}, outputs = {};
  std::map<std::string, Attribute> attributes = {};
};

/// A size of a dimension, or the name of one that is only known when the model runs.
using Dimension = std::variant<std::int64_t, std::string>;

/// A value that enters or leaves a graph.
struct Value {
  std::string name;
  Type type = Type::float32;
  std::vector<Dimension> shape = {};
};

struct Graph {
  std::string name;
  std::vector<Value> inputs = {}, outputs = {};
  std::vector<Tensor> constants = {};
  std::vector<Node> nodes = {};  ///< in an order in which they can run
};

struct Model {
  Graph graph;
  std::map<std::string, std::string> metadata = {};
};

/// The version of the operators' definitions that a model asks for. onnxruntime runs it since 1.12 (2022).
inline constexpr std::int64_t operator_set = 17;

/// The file. Throws Error when it would be 2 GB or more, which the format cannot hold.
std::string to_bytes(const Model& model);

}  // namespace carousel::onnx
