#pragma once

#include <string>

namespace carousel {

std::string compiler_message(const std::string& output, const std::string& file);

}  // namespace carousel
