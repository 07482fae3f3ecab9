#include "carousel/io/onnx_file.h"

#include <limits>
#include <protozero/pbf_writer.hpp>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/version.h"

namespace carousel::onnx {
namespace {

using protozero::pbf_tag_type;
using protozero::pbf_writer;

// Field numbers, a namespace a message.
namespace model {
constexpr pbf_tag_type ir_version = 1, producer_name = 2, producer_version = 3, graph = 7, operator_sets = 8,
                       metadata = 14;
}
namespace graph {
constexpr pbf_tag_type node = 1, name = 2, constant = 5, input = 11, output = 12;
}
namespace node {
constexpr pbf_tag_type input = 1, output = 2, name = 3, op = 4, attribute = 5;
}
namespace attribute {
constexpr pbf_tag_type name = 1, number = 2, integer = 3, text = 4, graph = 6, integers = 8, texts = 9,
                       type = 20;
}
namespace tensor {
constexpr pbf_tag_type shape = 1, type = 2, name = 8, bytes = 9;
}

constexpr std::int64_t ir_version = 8;  // the one that goes with the operator set

template <class Number> std::string bytes_of(const std::vector<Number>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Number)};
}

void add(pbf_writer& parent, const Tensor& constant) {
  pbf_writer message(parent, graph::constant);
  for (const std::int64_t size : constant.shape) message.add_int64(tensor::shape, size);
  message.add_int32(tensor::type, static_cast<std::int32_t>(constant.type));
  message.add_string(tensor::name, constant.name);
  message.add_bytes(tensor::bytes, constant.bytes);
}

void add(pbf_writer& parent, pbf_tag_type field, const Value& value) {
  pbf_writer message(parent, field);
  message.add_string(1, value.name);
  pbf_writer type(message, 2), tensor_type(type, 1);
  tensor_type.add_int32(1, static_cast<std::int32_t>(value.type));
  pbf_writer shape(tensor_type, 2);
  for (const Dimension& dimension : value.shape) {
    pbf_writer one(shape, 1);
    if (const auto* size = std::get_if<std::int64_t>(&dimension)) one.add_int64(1, *size);
    if (const auto* name = std::get_if<std::string>(&dimension)) one.add_string(2, *name);
  }
}

void add(pbf_writer& parent, const Graph& content);

/// The value under its field, with the number that the format gives its kind.
struct AttributeWriter {
  pbf_writer& message;

  void kind(std::int32_t number) const { message.add_int32(attribute::type, number); }

  void operator()(float number) const { message.add_float(attribute::number, number), kind(1); }
  void operator()(std::int64_t number) const { message.add_int64(attribute::integer, number), kind(2); }
  void operator()(const std::string& text) const { message.add_bytes(attribute::text, text), kind(3); }
  void operator()(const std::shared_ptr<const Graph>& body) const {
    {
      pbf_writer inner(message, attribute::graph);
      add(inner, *body);
    }
    kind(5);
  }
  void operator()(const std::vector<std::int64_t>& numbers) const {
    for (const std::int64_t number : numbers) message.add_int64(attribute::integers, number);
    kind(7);
  }
  void operator()(const std::vector<std::string>& texts) const {
    for (const std::string& text : texts) message.add_bytes(attribute::texts, text);
    kind(8);
  }
};

void add(pbf_writer& parent, const Node& content, std::size_t number) {
  pbf_writer message(parent, graph::node);
  for (const std::string& input : content.inputs) message.add_string(node::input, input);
  for (const std::string& output : content.outputs) message.add_string(node::output, output);
  message.add_string(node::name, fmt::format("{}_{}", content.op, number));
  message.add_string(node::op, content.op);
  for (const auto& [name, value] : content.attributes) {
    pbf_writer one(message, node::attribute);
    one.add_string(attribute::name, name);
    std::visit(AttributeWriter{one}, value);
  }
}

void add(pbf_writer& message, const Graph& content) {
  for (std::size_t i = 0; i < content.nodes.size(); ++i) add(message, content.nodes[i], i);
  message.add_string(graph::name, content.name);
  for (const Tensor& constant : content.constants) add(message, constant);
  for (const Value& input : content.inputs) add(message, graph::input, input);
  for (const Value& output : content.outputs) add(message, graph::output, output);
}

/// Everything but the constants is small: this is the size up to some thousand bytes.
std::uint64_t constant_bytes(const Graph& graph) {
  std::uint64_t total = 0;
  for (const Tensor& constant : graph.constants) total += constant.bytes.size();
  return total;
}

}  // namespace

Tensor Tensor::of(std::string name, const std::vector<float>& numbers, std::vector<std::int64_t> shape) {
  return {std::move(name), Type::float32, std::move(shape), bytes_of(numbers)};
}

Tensor Tensor::of(std::string name, const std::vector<double>& numbers, std::vector<std::int64_t> shape) {
  return {std::move(name), Type::float64, std::move(shape), bytes_of(numbers)};
}

Tensor Tensor::of(std::string name, const std::vector<std::int64_t>& numbers,
                  std::vector<std::int64_t> shape) {
  return {std::move(name), Type::int64, std::move(shape), bytes_of(numbers)};
}

std::string to_bytes(const Model& content) {
  constexpr std::uint64_t most = std::numeric_limits<std::int32_t>::max() - (1 << 20);
  if (const std::uint64_t size = constant_bytes(content.graph); size > most) {
    throw Error(fmt::format(
        "the weights take {} bytes, and an ONNX file holds at most 2 GB: use --format safetensors", size));
  }
  std::string bytes;
  pbf_writer message(bytes);
  message.add_int64(model::ir_version, ir_version);
  message.add_string(model::producer_name, "carousel");
  message.add_string(model::producer_version, CAROUSEL_VERSION);
  {
    pbf_writer inner(message, model::graph);
    add(inner, content.graph);
  }
  {
    pbf_writer set(message, model::operator_sets);
    set.add_string(1, "");
    set.add_int64(2, operator_set);
  }
  for (const auto& [key, value] : content.metadata) {
    pbf_writer entry(message, model::metadata);
    entry.add_string(1, key);
    entry.add_string(2, value);
  }
  return bytes;
}

}  // namespace carousel::onnx
