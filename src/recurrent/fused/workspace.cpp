#include "workspace.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace carousel::fused {

namespace {

struct Block {
  void* memory;
  std::size_t bytes;
};

// Sizes in steps of an eighth of a power of two: sequences of nearly the same length share blocks.
std::size_t rounded(std::size_t bytes) {
  const std::size_t step = std::max<std::size_t>(64, std::bit_floor(std::max<std::size_t>(bytes, 1)) / 8);
  return (bytes + step - 1) / step * step + (bytes == 0 ? step : 0);
}

void* from_system(std::size_t bytes) {
  constexpr std::size_t huge_page = std::size_t{2} << 20;
  const std::size_t alignment = bytes >= huge_page ? huge_page : 64;
  void* memory = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (!memory) throw std::bad_alloc();
#if defined(__linux__)
  if (alignment == huge_page) madvise(memory, bytes, MADV_HUGEPAGE);  // a hint: fewer page faults
#endif
  return memory;
}

class Store {
 public:
  Block take(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    auto best = kept_.end();
    for (auto block = kept_.begin(); block != kept_.end(); ++block) {
      if (block->bytes < bytes || block->bytes > bytes + bytes / 4) continue;
      if (best == kept_.end() || block->bytes < best->bytes) best = block;
    }
    Block taken;
    if (best != kept_.end()) {
      taken = *best;
      kept_.erase(best);
      use_.kept -= taken.bytes;
    } else {
      taken = {from_system(bytes), bytes};
    }
    use_.borrowed += taken.bytes;
    use_.most = std::max(use_.most, use_.borrowed);
    return taken;
  }

  void give_back(Block block) noexcept {
    const std::lock_guard lock(mutex_);
    use_.borrowed -= block.bytes;
    kept_.push_back(block);
    use_.kept += block.bytes;
    keep_at_most(use_.most);
  }

  WorkspaceUse use() {
    const std::lock_guard lock(mutex_);
    return use_;
  }

  void release() {
    const std::lock_guard lock(mutex_);
    keep_at_most(0);
    use_.most = use_.borrowed;
  }

 private:
  void keep_at_most(std::size_t bytes) {
    while (use_.kept > bytes) {  // those that have waited longest go first
      use_.kept -= kept_.front().bytes;
      std::free(kept_.front().memory);
      kept_.pop_front();
    }
  }

  std::mutex mutex_;
  std::deque<Block> kept_;
  WorkspaceUse use_;
};

// Never destroyed: tensors may outlive every static object.
Store& store() {
  static Store& only = *new Store;
  return only;
}

}  // namespace

std::shared_ptr<void> borrow(std::size_t bytes) {
  const Block block = store().take(rounded(bytes));
  return {block.memory, [block](void*) { store().give_back(block); }};
}

WorkspaceUse workspace_use() {
  return store().use();
}

void release_workspace() {
  store().release();
}

}  // namespace carousel::fused
