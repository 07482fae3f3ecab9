// Memory that is kept from one call to the next.
//
// Large buffers fresh from the system are zeroed page by page when they are first touched, which for a long
// sequence costs as much as the arithmetic. Blocks given back are kept and handed out again; kept blocks
// never hold more bytes than have been in use at the same time.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

namespace carousel::fused {

/// A block of at least `bytes` bytes, aligned for vectors, with unspecified content. It returns to the store
/// when the last owner lets go. Safe from any thread.
std::shared_ptr<void> borrow(std::size_t bytes);

/// Room for `count` elements of T.
template <class T> class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::ptrdiff_t count) : owner_(borrow(static_cast<std::size_t>(count) * sizeof(T))) {}
  explicit Buffer(std::shared_ptr<void> owner) : owner_(std::move(owner)) {}

  T* data() const { return static_cast<T*>(owner_.get()); }
  explicit operator bool() const { return owner_ != nullptr; }
  const std::shared_ptr<void>& owner() const { return owner_; }

 private:
  std::shared_ptr<void> owner_;
};

struct WorkspaceUse {
  std::size_t borrowed = 0;  ///< bytes in use
  std::size_t kept = 0;      ///< bytes kept for later
  std::size_t most = 0;      ///< the most bytes in use at once since the start, or since release_workspace()
};
WorkspaceUse workspace_use();

/// Gives what is kept back to the system.
void release_workspace();

}  // namespace carousel::fused
