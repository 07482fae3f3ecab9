// What the tests of runs that were stopped, damaged or moved look at.
#pragma once

#include <chrono>
#include <filesystem>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "apps/carousel/run_command.h"

namespace carousel {

/// The lines of metrics.jsonl without what depends on the clock; damaged ones as they are.
inline std::vector<std::string> record_of(const std::filesystem::path& run) {
  std::vector<std::string> lines;
  std::istringstream text(content_of(run / "metrics.jsonl"));
  for (std::string line; std::getline(text, line);) {
    auto figures = nlohmann::json::parse(line, nullptr, false);
    if (figures.is_object()) {
      for (const char* key : {"seconds", "items_per_second"}) figures.erase(key);
      line = figures.dump();
    }
    lines.push_back(line);
  }
  return lines;
}

inline std::string saved_weights(const std::filesystem::path& run, const std::string& checkpoint = "last") {
  return content_of(run / "checkpoints" / checkpoint / "model.safetensors");
}

inline nlohmann::json meta_of(const std::filesystem::path& run) {
  return nlohmann::json::parse(content_of(run / "meta.json"));
}

/// As a process that was killed just before it wrote its result leaves the run.
inline void forget_result(const std::filesystem::path& run) {
  auto meta = meta_of(run);
  meta.erase("result");
  put(run / "meta.json", meta.dump());
}

/// A training without end that has made its first updates.
inline pid_t start_endless(const Scratch& scratch, std::vector<std::string> more = {}) {
  std::vector<std::string> words = tiny_training({"--train-for", "1000000u", "--validate-every", "0"});
  words.insert(words.end(), more.begin(), more.end());
  const pid_t child = scratch.start(words);
  const auto metrics = scratch / "runs/tiny/metrics.jsonl";
  std::error_code none;
  for (int i = 0; i < 6000; ++i) {
    const auto size = std::filesystem::file_size(metrics, none);
    if (!none && size > 0) return child;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ADD_FAILURE() << "the training did not start: " << content_of(scratch / "stderr");
  return child;
}

}  // namespace carousel
