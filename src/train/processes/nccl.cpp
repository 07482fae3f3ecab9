// CUDA's own way of summing over processes, compiled where LibTorch, NCCL and CUDA's runtime have their headers.
#include <cstdlib>

#include <ATen/detail/CUDAHooksInterface.h>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

#include "train/processes/meeting.h"

namespace carousel {

void add_nccl(Meeting& meeting) {
  if (at::detail::getCUDAHooks().deviceCount() == 0) return;
  // What waits throws when the time is over, as Gloo does; else NCCL's watchdog would end the process without a word.
  ::setenv("TORCH_NCCL_BLOCKING_WAIT", "1", /*overwrite=*/0);
  const auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = as_time(meeting.options.timeout);
  const auto rank = static_cast<int>(meeting.options.rank), size = static_cast<int>(meeting.options.size);
  auto nccl = c10::make_intrusive<c10d::ProcessGroupNCCL>(meeting.store, rank, size, options);
  meeting.group->setBackend(c10::DeviceType::CUDA, c10d::ProcessGroup::NCCL, nccl);
}

}  // namespace carousel
