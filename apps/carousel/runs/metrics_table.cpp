#include "runs/metrics_table.h"

#include <sstream>

#include "carousel/text.h"

namespace carousel::cli {
namespace {

/// Empty as well for what is not finite, which JSON writes as null.
std::string cell_text(const nlohmann::json& value) {
  const std::string text = value.dump();
  return text == "null" ? "" : text;
}

}  // namespace

MetricsTable::MetricsTable(const std::filesystem::path& path, MetricColumns columns,
                           const std::filesystem::path& lines)
    : columns_(std::move(columns)), file_(path, 0) {
  std::vector<std::string> names;
  for (const auto* part : {&columns_.update, &columns_.validation}) {
    for (const MetricColumn& column : *part) names.push_back(column.csv);
  }
  row_.resize(names.size());
  file_.append(join(names, ","));
  std::istringstream text(read_file(lines));
  for (std::string line; std::getline(text, line);) add(nlohmann::json::parse(line));
}

void MetricsTable::add(const nlohmann::json& line) {
  if (line.at("kind") == "update") {
    row_.assign(row_.size(), "");
    fill(columns_.update, 0, line);
    row_start_ = file_.size();
  } else {
    fill(columns_.validation, columns_.update.size(), line);
    file_ = AppendFile(file_.path(), row_start_);
  }
  file_.append(join(row_, ","));
}

void MetricsTable::fill(const std::vector<MetricColumn>& columns, std::size_t first,
                        const nlohmann::json& line) {
  for (const MetricColumn& column : columns) row_[first++] = cell_text(column.in(line));
}

}  // namespace carousel::cli
