// Tensors whose memory comes from the workspace.
#pragma once

#include <torch/types.h>

#include "workspace.h"

namespace carousel::fused {

/// An uninitialised tensor. A large one borrows its memory and gives it back when the last view is gone.
inline torch::Tensor pooled(at::IntArrayRef sizes, const at::TensorOptions& options) {
  const auto bytes = static_cast<std::size_t>(c10::multiply_integers(sizes)) *
                     c10::elementSize(c10::typeMetaToScalarType(options.dtype()));
  constexpr std::size_t large = std::size_t{1} << 18;  // below, the allocator keeps pages by itself
  if (bytes < large) return torch::empty(sizes, options);
  auto owner = borrow(bytes);
  void* memory = owner.get();
  return at::from_blob(memory, sizes, [owner = std::move(owner)](void*) mutable { owner.reset(); }, options);
}

/// A buffer as a tensor of bytes, for autograd to keep and free.
template <class T> torch::Tensor as_tensor(const Buffer<T>& buffer) {
  return at::from_blob(
      buffer.data(), {1}, [owner = buffer.owner()](void*) mutable { owner.reset(); },
      torch::dtype(torch::kByte));
}

/// The same buffer; the tensor must outlive it.
template <class T> Buffer<T> as_buffer(const torch::Tensor& tensor) {
  return Buffer<T>(std::shared_ptr<void>(std::shared_ptr<void>(), tensor.mutable_data_ptr()));
}

}  // namespace carousel::fused
