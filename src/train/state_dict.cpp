#include "carousel/train/state_dict.h"

#include <cstring>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/io/safetensors.h"
#include "carousel/text.h"

namespace carousel {

using torch::Tensor;

namespace {

struct TypePair {
  DType file;
  torch::Dtype tensor;
};
constexpr TypePair types[] = {
    {DType::F64, torch::kDouble},    {DType::F32, torch::kFloat}, {DType::F16, torch::kHalf},
    {DType::BF16, torch::kBFloat16}, {DType::I64, torch::kLong},  {DType::I32, torch::kInt},
    {DType::I16, torch::kShort},     {DType::I8, torch::kChar},   {DType::U8, torch::kByte},
    {DType::BOOL, torch::kBool},
};

DType to_file_type(const std::string& name, torch::Dtype type) {
  for (const auto& pair : types) {
    if (pair.tensor == type) return pair.file;
  }
  throw Error(fmt::format("tensor {} has type {}, which safetensors cannot hold", name, c10::toString(type)));
}

torch::Dtype to_tensor_type(const std::string& name, DType type) {
  for (const auto& pair : types) {
    if (pair.file == type) return pair.tensor;
  }
  throw Error(
      fmt::format("tensor {} has type {}, which torch's CPU tensors do not have", name, dtype_name(type)));
}

std::string shape_text(const Tensor& tensor) {
  return fmt::format("[{}]", fmt::join(tensor.sizes(), ", "));
}

}  // namespace

void save_tensors(const std::filesystem::path& path, const TensorMap& tensors,
                  const std::map<std::string, std::string>& metadata) {
  std::vector<Tensor> kept;  // what the views point into
  std::vector<TensorView> views;
  for (const auto& [name, tensor] : tensors) {
    const auto& flat = kept.emplace_back(tensor.detach().to(torch::kCPU).contiguous());
    views.push_back({name,
                     to_file_type(name, flat.scalar_type()),
                     flat.sizes().vec(),
                     {static_cast<const std::byte*>(flat.const_data_ptr()), flat.nbytes()}});
  }
  write_safetensors(path, views, metadata);
}

TensorMap load_tensors(const std::filesystem::path& path) {
  const auto file = read_safetensors(path);
  TensorMap tensors;
  for (const auto& view : file.tensors()) {
    auto tensor = torch::empty(view.shape, to_tensor_type(view.name, view.dtype));
    if (!view.data.empty()) std::memcpy(tensor.mutable_data_ptr(), view.data.data(), view.data.size());
    tensors.emplace(view.name, std::move(tensor));
  }
  return tensors;
}

TensorMap state_dict(const torch::nn::Module& module) {
  TensorMap tensors;
  for (const auto& item : module.named_parameters()) tensors.emplace(item.key(), item.value().detach());
  for (const auto& item : module.named_buffers()) tensors.emplace(item.key(), item.value().detach());
  return tensors;
}

void load_state_dict(torch::nn::Module& module, const TensorMap& tensors, const std::string& source) {
  const torch::NoGradGuard no_grad;
  const auto targets = state_dict(module);
  std::vector<std::string> missing, unexpected, shapes;
  for (const auto& [name, target] : targets) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) {
      missing.push_back(name);
    } else if (found->second.sizes() != target.sizes()) {
      shapes.push_back(
          fmt::format("{} is {}, the model's is {}", name, shape_text(found->second), shape_text(target)));
    }
  }
  for (const auto& [name, tensor] : tensors) {
    if (!targets.contains(name)) unexpected.push_back(name);
  }
  std::string wrong;
  if (!missing.empty()) wrong += "; missing: " + join(missing);
  if (!unexpected.empty()) wrong += "; unexpected: " + join(unexpected);
  if (!shapes.empty()) wrong += "; of another shape: " + join(shapes);
  if (!wrong.empty()) throw Error(fmt::format("{} does not fit the model{}", source, wrong));
  for (const auto& [name, target] : targets) target.copy_(tensors.at(name));
}

}  // namespace carousel
