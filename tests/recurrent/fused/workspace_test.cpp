#include "recurrent/fused/workspace.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace carousel::fused {
namespace {

constexpr std::size_t megabyte = 1 << 20;

TEST(Workspace, ABlockThatWasGivenBackIsHandedOutAgain) {
  release_workspace();
  const void* first = borrow(10 * megabyte).get();
  EXPECT_EQ(borrow(10 * megabyte).get(), first);
  EXPECT_EQ(borrow(10 * megabyte - 1000).get(), first) << "a size a little smaller shares the block";
}

TEST(Workspace, BlocksInUseAtTheSameTimeAreDifferent) {
  const auto a = borrow(megabyte), b = borrow(megabyte);
  EXPECT_NE(a.get(), b.get());
}

TEST(Workspace, KeepsNoMoreThanWasEverInUseAtOnce) {
  release_workspace();
  const auto before = workspace_use().borrowed;
  for (std::size_t size = 1; size <= 64; ++size) borrow(size * megabyte);  // 64 sizes, one at a time
  EXPECT_EQ(workspace_use().borrowed, before);
  EXPECT_LE(workspace_use().kept, before + 72 * megabyte);
  release_workspace();
  EXPECT_EQ(workspace_use().kept, 0u);
}

TEST(Workspace, ServesSeveralThreads) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (std::size_t i = 0; i < 2000; ++i) {
        const auto block = borrow(1000 + i % 7 * 1000);
        auto* bytes = static_cast<volatile int*>(block.get());
        bytes[0] = t;
        EXPECT_EQ(bytes[0], t);
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace carousel::fused
