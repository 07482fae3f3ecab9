// A table as text.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace carousel::cli {

/// Lines of cells; the first line holds the columns' names.
using TextTable = std::vector<std::vector<std::string>>;

/// Columns as wide as their widest cell; the first `left` ones to the left, the rest to the right.
std::string table_text(const TextTable& table, std::size_t left);

}  // namespace carousel::cli
