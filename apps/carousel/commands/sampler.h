// One token after the other from a trained model.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "carousel/train/model.h"

namespace carousel::cli {

class Sampler {
 public:
  /// Temperature t draws from softmax(logits / t); 0 takes the most likely token. The model must be in
  /// evaluation mode.
  Sampler(Model& model, double temperature)
      : model_(model), temperature_(temperature), reader_(model.reader()) {}

  /// Reads a token and draws the next one, by one number of torch's generator.
  std::int64_t next(std::int64_t token);

  /// Forgets what was read.
  void restart();

 private:
  const torch::Tensor& predict(std::int64_t token);

  Model& model_;
  double temperature_;
  std::unique_ptr<TokenReader> reader_;  // null: through predict(), from states_
  std::vector<torch::Tensor> states_;
  torch::Tensor logits_;
  std::vector<double> weights_;
};

/// Writes text to stdout as it comes: to a file or pipe its bytes as they are; to a terminal in whole UTF-8
/// symbols, with what is none, and what would steer the terminal, as \xNN.
class SymbolWriter {
 public:
  explicit SymbolWriter(bool to_terminal) : to_terminal_(to_terminal) {}

  void write(std::string_view bytes);
  /// Writes what an unfinished symbol left behind.
  void finish();

 private:
  bool to_terminal_;
  std::string waiting_;
};

}  // namespace carousel::cli
