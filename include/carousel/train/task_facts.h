// What the numbers of a task mean. This header needs no tensor.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace carousel {

enum class Split { train, valid, test };

/// "training", "validation", "test".
const char* name_of(Split split);

/// Sums over what was evaluated, so that scores of batches add up.
struct Score {
  double loss_sum = 0.0, loss_count = 0.0;
  double metric_sum = 0.0, metric_count = 0.0;
  bool root = false;  ///< the metric is the root of the mean, as an RMSE is

  double loss() const { return loss_sum / loss_count; }
  double metric() const;
  Score& operator+=(const Score& other);
};

/// A metric without learning anything, and how it comes about.
struct Baseline {
  double metric = 0.0;
  std::string text = {};
};

/// `count` numbers of a row that say which category it is of: one of them is 1, the first for what training did not see, or
/// none. The model reads a learned vector of `size` numbers in their place.
struct EmbeddedColumns {
  std::int64_t first = 0, count = 1, size = 1;
  bool operator==(const EmbeddedColumns&) const = default;
};

/// What the model must look like, and what a number means.
struct TaskFacts {
  std::string name;
  bool tokens = false;  ///< the input is tokens 0 ... input_size - 1, else input_size features a step
  std::int64_t input_size = 1;
  std::vector<EmbeddedColumns> embedded = {};  ///< of features, in their order
  std::int64_t output_size = 1;
  bool every_step = false;  ///< an output at every step [T, B, K], else one a sequence [B, K]
  /// Whether the target of a step is the input of the next: a reverse direction would have read the answer.
  bool predicts_next = false;
  std::string metric;           ///< name with its unit, such as "accuracy" or "nats per character"
  bool lower_is_better = true;  ///< whether a smaller metric is better
  double baseline = 0.0;        ///< the metric without learning anything from the past
  std::string baseline_text;    ///< how that figure comes about, with the formula
};

}  // namespace carousel
