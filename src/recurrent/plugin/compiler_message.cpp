#include "recurrent/plugin/compiler_message.h"

namespace carousel {

std::string compiler_message(const std::string& output, const std::string& file) {
  const auto at = output.find("error: ");
  return file + " does not compile: " + output.substr(at, output.find('\n', at) - at);
}

}  // namespace carousel
