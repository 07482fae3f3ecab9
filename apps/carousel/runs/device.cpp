#include "runs/device.h"

#include <cstdlib>

#include <ATen/detail/CUDAHooksInterface.h>
#include <fmt/format.h>
#include <torch/cuda.h>

#include "carousel/data/text.h"
#include "carousel/error.h"
#include "carousel/text.h"
#include "carousel/torch_build.h"

namespace carousel::cli {
namespace {

torch::Device parse_device(const std::string& text) {
  try {
    const torch::Device device(text);
    if (text == "cpu" || device.is_cuda()) return device;
  } catch (const c10::Error&) {
  }
  throw Error(fmt::format("--device is {}, but must be cpu, cuda or cuda:N", shown(text)));
}

/// This process's number among those of this machine; 0 of one that torchrun did not start.
std::int64_t local_rank() {
  const char* said = std::getenv("LOCAL_RANK");
  return said ? parse_number<std::int64_t>(said).value_or(0) : 0;
}

}  // namespace

torch::Device device_from(const std::string& text) {
  const torch::Device device = parse_device(text);
  if (device.is_cpu()) return device;
  if (!at::detail::getCUDAHooks().isBuilt()) {
    throw Error(fmt::format(
        "--device is {}, but this program is built with LibTorch {}, which has no CUDA: try --device "
        "cpu, or build with a LibTorch that has it, by CAROUSEL_TORCH (docs/devices.md)",
        text, torch_version));
  }
  const std::int64_t there = torch::cuda::device_count();
  const std::int64_t wanted = device.has_index() ? device.index() : local_rank();
  if (wanted < there) return {device.type(), static_cast<torch::DeviceIndex>(wanted)};
  const std::string wants =
      device.has_index() || there == 0
          ? ""
          : fmt::format(" for each of {} or more processes on this machine", wanted + 1);
  throw Error(fmt::format("--device is {}{}, but LibTorch finds {} CUDA device{} here; try --device cpu",
                          text, wants, there, there == 1 ? "" : "s"));
}

}  // namespace carousel::cli
