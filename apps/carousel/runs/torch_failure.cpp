#include "runs/torch_failure.h"

#include <c10/util/Exception.h>

namespace carousel::cli {

std::optional<TorchFailure> torch_failure(const std::exception& error) {
  const auto* ours = dynamic_cast<const c10::Error*>(&error);
  if (!ours) return {};
  const std::string what = ours->what_without_backtrace();
  return TorchFailure{.sentence = what.substr(0, what.find('\n')),
                      .out_of_memory = what.find("allocate memory") != std::string::npos ||
                                       what.find("out of memory") != std::string::npos};
}

}  // namespace carousel::cli
