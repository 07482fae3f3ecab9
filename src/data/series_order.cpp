// Rows in the order of their groups.
#include <map>
#include <numeric>

#include <fmt/format.h>

#include "carousel/data/series_frame.h"
#include "carousel/error.h"

namespace carousel {
namespace {

/// The number of each row's group, in the order of their first rows.
std::vector<std::int64_t> group_numbers(const Table& table, const std::vector<const Column*>& columns,
                                        std::span<const std::int64_t> ends) {
  std::map<std::vector<double>, std::int64_t> known;
  std::vector<std::int64_t> numbers;
  std::vector<double> key(columns.size() + 1);
  for (std::int64_t row = 0; row < table.rows(); ++row) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      key[i] = columns[i]->values[static_cast<std::size_t>(row)];
      if (std::isnan(key[i])) {
        throw Error(fmt::format("{} has no value of the group column '{}': fill it in or leave the row out",
                                table.place(row), columns[i]->name));
      }
    }
    key.back() =
        static_cast<double>(std::ranges::count_if(ends, [&](std::int64_t end) { return end <= row; }));
    numbers.push_back(known.emplace(key, static_cast<std::int64_t>(known.size())).first->second);
  }
  return numbers;
}

/// Rows sorted by group, each group's in their own order, and where groups begin.
void sort_by_group(const std::vector<std::int64_t>& numbers, SeriesOrder& order) {
  const std::int64_t count = numbers.empty() ? 0 : *std::ranges::max_element(numbers) + 1;
  order.groups.assign(static_cast<std::size_t>(count) + 1, 0);
  for (const auto number : numbers) ++order.groups[static_cast<std::size_t>(number) + 1];
  std::partial_sum(order.groups.begin(), order.groups.end(), order.groups.begin());
  auto next = order.groups;
  order.rows.resize(numbers.size());
  for (std::size_t row = 0; row < numbers.size(); ++row) {
    const auto place = next[static_cast<std::size_t>(numbers[row])]++;
    order.rows[static_cast<std::size_t>(place)] = static_cast<std::int64_t>(row);
  }
}

/// A table with the rows of `order`, of the columns that say the time: messages name the table's own lines.
Column in_order(const Column& column, const SeriesOrder& order) {
  Column sorted{.name = column.name, .kind = column.kind, .values = {}};
  sorted.values.reserve(order.rows.size());
  for (const auto row : order.rows) sorted.values.push_back(column.values[static_cast<std::size_t>(row)]);
  return sorted;
}

}  // namespace

std::vector<std::string> group_columns(const Table& table, const std::vector<std::string>& named) {
  if (named.empty() && table.parts.size() > 1 && table.has("sequence")) return {"sequence"};
  return named;
}

SeriesOrder order_of(const Table& table, const std::vector<std::string>& time,
                     const std::vector<std::string>& group, std::span<const std::int64_t> ends) {
  SeriesOrder order;
  std::vector<const Column*> columns;
  for (const auto& name : group_columns(table, group))
    columns.push_back(&table.column(name, "--group names"));
  sort_by_group(group_numbers(table, columns, ends), order);
  if (time.empty()) return order;
  const Column unsorted = time.size() == 1 ? time_of_column(table, time.front()) : time_of_parts(table, time);
  order.time = in_order(unsorted, order);
  order.step = step_of(table, *order.time, order.groups, order.rows);
  order.gaps = gaps_of(*order.time, order.groups, order.step);
  return order;
}

}  // namespace carousel
