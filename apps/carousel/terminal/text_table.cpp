#include "terminal/text_table.h"

#include <algorithm>

namespace carousel::cli {

std::string table_text(const TextTable& table, std::size_t left) {
  std::vector<std::size_t> widths;
  for (const auto& cells : table) {
    widths.resize(std::max(widths.size(), cells.size()));
    for (std::size_t c = 0; c < cells.size(); ++c) widths[c] = std::max(widths[c], cells[c].size());
  }
  std::string text;
  for (const auto& cells : table) {
    std::string line;
    for (std::size_t c = 0; c < cells.size(); ++c) {
      const std::string space(widths[c] - cells[c].size(), ' ');
      line += (c == 0 ? "" : "  ") + (c < left ? cells[c] + space : space + cells[c]);
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

}  // namespace carousel::cli
