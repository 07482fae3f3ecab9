// The reference in Python, as text inside the program: apps/python, embedded by cmake/CarouselEmbed.cmake.
#pragma once

#include <string_view>

namespace carousel::embedded {

// The package carousel_torch, by file, but for what reads tables.
extern const std::string_view torch_init;
extern const std::string_view torch_cells;
extern const std::string_view torch_loop;
extern const std::string_view torch_model;
extern const std::string_view torch_noise;
// The scripts beside it.
extern const std::string_view carousel_reference;
extern const std::string_view carousel_compare;

}  // namespace carousel::embedded
