#include "carousel/train/state_dict.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/io/file.h"
#include "carousel/io/safetensors.h"
#include "carousel/io/torch_file.h"
#include "carousel/text.h"
#include "carousel/torch.h"

namespace carousel {

using torch::Tensor;

namespace {

struct TypePair {
  DType file;
  torch::Dtype tensor;
};
constexpr TypePair types[] = {
    {DType::F64, torch::kDouble},
    {DType::F32, torch::kFloat},
    {DType::F16, torch::kHalf},
    {DType::BF16, torch::kBFloat16},
    {DType::I64, torch::kLong},
    {DType::I32, torch::kInt},
    {DType::I16, torch::kShort},
    {DType::I8, torch::kChar},
    {DType::U8, torch::kByte},
    {DType::BOOL, torch::kBool},
    {DType::C64, torch::kComplexFloat},
    {DType::U16, torch::kUInt16},
    {DType::U32, torch::kUInt32},
    {DType::U64, torch::kUInt64},
    {DType::F8_E4M3, torch::kFloat8_e4m3fn},
    {DType::F8_E5M2, torch::kFloat8_e5m2},
};

DType to_file_type(const std::string& name, torch::Dtype type) {
  for (const auto& pair : types) {
    if (pair.tensor == type) return pair.file;
  }
  throw Error(fmt::format("tensor {} has type {}, which no file here can hold: convert it", name,
                          c10::toString(type)));
}

torch::Dtype to_tensor_type(const std::string& name, DType type) {
  for (const auto& pair : types) {
    if (pair.file == type) return pair.tensor;
  }
  throw Error(
      fmt::format("tensor {} has type {}, which torch's CPU tensors do not have", name, dtype_name(type)));
}

/// Tensors as the writers take them, on the CPU and row-major.
class FileTensors {
 public:
  explicit FileTensors(const TensorMap& tensors) {
    for (const auto& [name, tensor] : tensors) {
      const auto& flat =
          kept_.emplace_back(tensor.detach().to(torch::kCPU).resolve_conj().resolve_neg().contiguous());
      views_.push_back({name,
                        to_file_type(name, flat.scalar_type()),
                        flat.sizes().vec(),
                        {static_cast<const std::byte*>(flat.const_data_ptr()), flat.nbytes()}});
    }
  }

  const std::vector<TensorView>& views() const { return views_; }

 private:
  std::vector<Tensor> kept_;  // what the views point into
  std::vector<TensorView> views_;
};

void copy_data(const TensorView& view, std::span<std::byte> to) {
  std::ranges::copy(view.data, to.begin());
}

void copy_data(const StridedView& view, std::span<std::byte> to) {
  view.copy_to(to);
}

template <class View> TensorMap tensors_of(const std::vector<View>& views) {
  TensorMap tensors;
  for (const auto& view : views) {
    auto tensor = torch::empty(view.shape, to_tensor_type(view.name, view.dtype));
    copy_data(view, {static_cast<std::byte*>(tensor.mutable_data_ptr()), tensor.nbytes()});
    tensors.emplace(view.name, std::move(tensor));
  }
  return tensors;
}

}  // namespace

void save_tensors(const std::filesystem::path& path, const TensorMap& tensors,
                  const std::map<std::string, std::string>& metadata) {
  write_safetensors(path, FileTensors(tensors).views(), metadata);
}

void save_torch_file(const std::filesystem::path& path, const TensorMap& tensors) {
  write_torch_file(path, FileTensors(tensors).views());
}

TensorMap load_tensors(const std::filesystem::path& path, const std::string& key) {
  const auto check = [&](std::string_view beginning, std::uint64_t size) {
    if (!is_torch_file(beginning)) check_safetensors_beginning(beginning, size, path.string());
  };
  std::string bytes = read_file(path, check);
  if (is_torch_file(bytes)) {
    const TorchFile file(bytes, path.string());
    bytes = std::string();  // the storages were copied out of it
    return tensors_of(file.tensors(key));
  }
  const SafetensorsFile file(std::move(bytes), path.string());
  if (!key.empty()) {
    throw Error(fmt::format("'{}' is a safetensors file, which holds one state dict: leave out the key '{}'",
                            path.string(), key));
  }
  return tensors_of(file.tensors());
}

namespace {

/// What the names of `longer` have in front of those of `shorter`, all of them the same; empty when there is
/// no such prefix. Both are sorted, so the first name of one belongs to the first of the other.
std::string common_prefix(const TensorMap& longer, const TensorMap& shorter) {
  if (longer.size() != shorter.size() || longer.empty()) return "";
  const std::string &name = longer.begin()->first, &tail = shorter.begin()->first;
  if (!name.ends_with(tail)) return "";
  const std::string prefix = name.substr(0, name.size() - tail.size());
  const bool all =
      std::ranges::all_of(shorter, [&](const auto& item) { return longer.contains(prefix + item.first); });
  return all ? prefix : "";
}

std::string prefix_hint(const TensorMap& model, const TensorMap& tensors) {
  if (const auto prefix = common_prefix(tensors, model); !prefix.empty()) {
    return fmt::format("; the names fit once the prefix '{}' is taken away", prefix);
  }
  if (const auto prefix = common_prefix(model, tensors); !prefix.empty()) {
    return fmt::format("; the names fit once the prefix '{}' is put in front", prefix);
  }
  return "";
}

}  // namespace

std::string shape_text(const Tensor& tensor) {
  return fmt::format("[{}]", fmt::join(tensor.sizes(), ", "));
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
  if (!wrong.empty()) {
    throw Error(fmt::format("{} does not fit the model{}{}", source, wrong, prefix_hint(targets, tensors)));
  }
  for (const auto& [name, target] : targets) target.copy_(tensors.at(name));
}

}  // namespace carousel
