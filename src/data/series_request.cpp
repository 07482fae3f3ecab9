#include "carousel/data/series_request.h"

namespace carousel {

const std::vector<std::string>& predict_names() {
  static const std::vector<std::string> names{"forecast", "step", "sequence"};
  return names;
}

const std::vector<std::string>& relative_names() {
  static const std::vector<std::string> names{"last", "season", "both", "seasons", "window", "none"};
  return names;
}

const std::vector<std::string>& missing_names() {
  static const std::vector<std::string> names{"forward", "mean", "zero", "drop"};
  return names;
}

}  // namespace carousel
