#include <fmt/format.h>

#include "exchange/onnx_layers.h"

namespace carousel {

OnnxBuilder::OnnxBuilder(std::string name, std::string prefix) : prefix_(std::move(prefix)) {
  graph_.name = std::move(name);
}

std::string OnnxBuilder::fresh() {
  return fmt::format("{}v{}", prefix_, names_++);
}

std::string OnnxBuilder::input(const onnx::Value& value) {
  graph_.inputs.push_back(value);
  return value.name;
}

void OnnxBuilder::output(const std::string& value, const onnx::Value& outside) {
  graph_.nodes.push_back({.op = "Identity", .inputs = {value}, .outputs = {outside.name}});
  graph_.outputs.push_back(outside);
}

std::string OnnxBuilder::constant(const torch::Tensor& tensor) {
  const bool whole = tensor.scalar_type() == torch::kLong;
  const auto flat = tensor.detach().to(torch::kCPU, whole ? torch::kLong : torch::kFloat).contiguous();
  graph_.constants.push_back(
      {.name = fresh(),
       .type = whole ? onnx::Type::int64 : onnx::Type::float32,
       .shape = flat.sizes().vec(),
       .bytes = std::string(static_cast<const char*>(flat.const_data_ptr()), flat.nbytes())});
  return graph_.constants.back().name;
}

std::string OnnxBuilder::number(double value) {
  graph_.constants.push_back(onnx::Tensor::of(fresh(), static_cast<float>(value)));
  return graph_.constants.back().name;
}

std::string OnnxBuilder::list(const std::vector<std::int64_t>& numbers) {
  graph_.constants.push_back(onnx::Tensor::of(fresh(), numbers));
  return graph_.constants.back().name;
}

std::string OnnxBuilder::doubles(const std::vector<double>& numbers) {
  graph_.constants.push_back(onnx::Tensor::of(fresh(), numbers, {static_cast<std::int64_t>(numbers.size())}));
  return graph_.constants.back().name;
}

std::string OnnxBuilder::cast(const std::string& value, onnx::Type type) {
  return add("Cast", {value}, {{"to", static_cast<std::int64_t>(type)}});
}

std::string OnnxBuilder::add(const std::string& op, const std::vector<std::string>& inputs,
                             const std::map<std::string, onnx::Attribute>& attributes) {
  return add_many(1, op, inputs, attributes).front();
}

std::vector<std::string> OnnxBuilder::add_many(std::size_t outputs, const std::string& op,
                                               const std::vector<std::string>& inputs,
                                               const std::map<std::string, onnx::Attribute>& attributes) {
  onnx::Node node{.op = op, .inputs = inputs, .attributes = attributes};
  for (std::size_t i = 0; i < outputs; ++i) node.outputs.push_back(fresh());
  graph_.nodes.push_back(node);
  return node.outputs;
}

}  // namespace carousel
