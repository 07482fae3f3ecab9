#include "data/tables/series_table.h"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "carousel/data/file.h"
#include "carousel/data/time_series.h"

#include "data/tables/columns.h"
#include "data/tables/known_kinds.h"

namespace carousel {

Table read_series(const std::filesystem::path& path, const TableFormat& format) {
  const auto set = read_time_series(path);
  std::vector<Column> columns;
  for (int channel = 0; channel < set.channels; ++channel) {
    Column column{.name = fmt::format("x{}", channel + 1)};
    for (const auto& series : set.cases) {
      for (std::size_t at = static_cast<std::size_t>(channel); at < series.values.size();
           at += static_cast<std::size_t>(set.channels))
        column.values.push_back(series.values[at]);
    }
    columns.push_back(std::move(column));
  }
  Column label{.name = std::string(label_column), .kind = ColumnKind::category};
  Column sequence{.name = std::string(sequence_column), .kind = ColumnKind::category};
  for (const auto& series : set.cases) {
    const auto length = static_cast<std::size_t>(series.length);
    // categories stand in the order of their first rows, not in that of the header
    const auto& text = set.labels[static_cast<std::size_t>(series.label)];
    const auto known = std::ranges::find(label.categories, text);
    const auto place = known - label.categories.begin();
    if (known == label.categories.end()) label.categories.push_back(text);
    label.values.insert(label.values.end(), length, static_cast<double>(place));
    sequence.values.insert(sequence.values.end(), length, static_cast<double>(sequence.categories.size()));
    sequence.categories.push_back(std::to_string(sequence.categories.size() + 1));
  }
  columns.push_back(std::move(label));
  columns.push_back(std::move(sequence));
  return chosen(std::move(columns), path, format);
}

}  // namespace carousel
