// The words of options that take one of a few.
#include "carousel/recurrent/engine.h"

#include "options/train_options.h"

namespace carousel::cli {

const std::vector<std::string>& optimiser_names() {
  static const std::vector<std::string> names{"sgd", "rmsprop", "adam", "adamw"};
  return names;
}

const std::vector<std::string>& recurrent_init_names() {
  static const std::vector<std::string> names{"cell", "torch", "orthogonal", "identity", "radius", "normal"};
  return names;
}

const std::vector<std::string>& on_non_finite_names() {
  static const std::vector<std::string> names{"stop", "skip", "back"};
  return names;
}

const std::vector<std::string>& engine_names() {
  static const std::vector<std::string> names(engine_words.begin(), engine_words.end());
  return names;
}

}  // namespace carousel::cli
