#include "runs/metrics_table.h"

#include "carousel/text.h"

#include "runs/record_lines.h"

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
    : columns_(std::move(columns)), file_(begin(path, lines)) {}

AppendFile MetricsTable::begin(const std::filesystem::path& path, const std::filesystem::path& lines) {
  std::vector<std::string> names;
  for (const auto* part : {&columns_.update, &columns_.validation}) {
    for (const MetricColumn& column : *part) names.push_back(column.csv);
  }
  row_.resize(names.size());
  std::string table = join(names, ",") + "\n";
  row_start_ = table.size();
  const std::string content = read_file(lines);
  for (const RecordLine& line : lines_in(content)) {
    const nlohmann::json figures = parsed(line);
    if (!update_in(figures) || !figures.contains("kind")) continue;  // damaged, which was said
    take(figures, table.size());
    table.resize(row_start_);
    table += join(row_, ",") + "\n";
  }
  write_file_atomically(path, table);
  return AppendFile(path);
}

void MetricsTable::take(const nlohmann::json& line, std::uint64_t end) {
  if (line.at("kind") == "update") {
    row_.assign(row_.size(), "");
    fill(columns_.update, 0, line);
    row_start_ = end;
  } else {
    fill(columns_.validation, columns_.update.size(), line);
  }
}

void MetricsTable::add(const nlohmann::json& line) {
  take(line, file_.size());
  if (row_start_ < file_.size()) file_ = AppendFile(file_.path(), row_start_);
  file_.append(join(row_, ","));
}

void MetricsTable::fill(const std::vector<MetricColumn>& columns, std::size_t first,
                        const nlohmann::json& line) {
  for (const MetricColumn& column : columns) row_[first++] = cell_text(column.in(line));
}

}  // namespace carousel::cli
