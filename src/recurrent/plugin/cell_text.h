// What can be told of a cell's file before it is compiled.
#pragma once

#include <string>
#include <string_view>

namespace carousel {

/// The qualified name of the struct that is the cell: the only one, or the only one with a step. Throws Error with `file` as
/// its name where there is none, or more.
std::string find_cell(std::string_view source, const std::string& file);

}  // namespace carousel
