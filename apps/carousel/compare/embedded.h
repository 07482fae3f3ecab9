// The reference in Python, as text inside the program: apps/python, embedded by cmake/CarouselEmbed.cmake.
#pragma once

#include <string_view>

namespace carousel::embedded {

extern const std::string_view carousel_cells;
extern const std::string_view carousel_torch;
extern const std::string_view carousel_noise;
extern const std::string_view carousel_reference;
extern const std::string_view carousel_compare;

}  // namespace carousel::embedded
