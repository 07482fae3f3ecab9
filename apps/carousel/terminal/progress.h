// The line that tells the state of training and of its gradient:
//
//   up 1200/8000 | loss 1.482 | gnorm 2.31 clip 18% | dh 10^-4.2 over 100 steps | forget 0.83 |
//     lr 7e-04 | 41k steps/s | eta 02:13
//
// Loss, gradient norm, share of clipped updates and speed are means since the line before; dh and the keep
// gate are of the last recorded update.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "carousel/train/trainer.h"

namespace carousel::cli {

class Progress {
 public:
  /// From update `first` to `last`.
  Progress(std::int64_t first, std::int64_t last, ClipMode clip);

  void add(const UpdateReport& report);

  /// The line as of now, and the share of the training that is done.
  std::string line() const;
  double done() const { return static_cast<double>(update_) / static_cast<double>(last_); }

  /// The means start anew.
  void next();

 private:
  struct Means {
    std::int64_t updates = 0, clipped = 0, items = 0;
    double loss = 0.0, norm = 0.0, seconds = 0.0;
  };
  double seconds_left() const;

  std::int64_t first_, last_, update_;
  ClipMode clip_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  Means since_;
  double lr_ = 0.0;
  std::string reach_, gate_;  // "" where there is nothing to tell
};

/// A learning rate in few characters: "7e-04", "1.5e-03".
std::string rate_text(double rate);

/// "valid 1200 | loss 0.0123 | accuracy 0.98 | baseline 0.25 | best"
std::string validation_text(const ValidationReport& report, const TaskFacts& task);

}  // namespace carousel::cli
