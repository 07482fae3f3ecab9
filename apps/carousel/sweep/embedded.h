// The tuner's side in Python, as text inside the program: apps/python, embedded by cmake/CarouselEmbed.cmake.
#pragma once

#include <string_view>

namespace carousel::embedded {

extern const std::string_view carousel_tune;

}  // namespace carousel::embedded
