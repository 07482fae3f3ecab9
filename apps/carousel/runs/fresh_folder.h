// A run folder that does not outlive a failure to fill it.
#pragma once

#include <filesystem>
#include <system_error>
#include <utility>

namespace carousel::cli {

/// Removes a run folder that failed before it held anything, unless it is dismissed.
class FreshFolder {
 public:
  explicit FreshFolder(std::filesystem::path path) : path_(std::move(path)) {}
  ~FreshFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  FreshFolder(const FreshFolder&) = delete;
  FreshFolder& operator=(const FreshFolder&) = delete;
  void keep() { path_.clear(); }

 private:
  std::filesystem::path path_;
};

}  // namespace carousel::cli
