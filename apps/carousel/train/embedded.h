// Python text inside the program: apps/python, embedded by cmake/CarouselEmbed.cmake.
#pragma once

#include <string_view>

namespace carousel::embedded {

/// The launcher of --processes.
extern const std::string_view carousel_launch;

}  // namespace carousel::embedded
