// The Python that runs the reference.
#pragma once

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include <nlohmann/json.hpp>

#include "system/child_process.h"

namespace carousel::cli {

/// There is no Python, no torch in it, or one of another version: one sentence that says which Python was
/// tried and what to do. Exit code 77.
class NoReference : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// "2.13.0" of "2.13.0+cpu".
std::string release_of(const std::string& version);

/// Runs apps/python/carousel_compare.py, and asks it questions.
class PythonReference {
 public:
  /// Throws NoReference, or SystemError when Python starts but does not answer as it should.
  PythonReference(const std::string& python, std::int64_t threads);
  ~PythonReference();

  /// Sends {"do": method, ...}, returns what the method returned. Throws Error for what the reference cannot
  /// do, SystemError when Python ends, hangs, or answers something else than JSON.
  nlohmann::json ask(const std::string& method, nlohmann::json arguments = nlohmann::json::object());

  /// Where both sides leave tensors for each other; gone when this is.
  std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }

  const std::string& torch_version() const { return torch_; }
  const std::string& python_version() const { return version_; }
  const std::string& executable() const { return python_; }

 private:
  void greet();
  nlohmann::json read_answer(double seconds);

  std::string python_, torch_, version_;
  std::filesystem::path folder_;
  std::unique_ptr<ChildProcess> child_;
};

}  // namespace carousel::cli
