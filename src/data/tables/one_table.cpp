#include "data/tables/one_table.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "carousel/data/file.h"
#include "carousel/data/text.h"
#include "carousel/error.h"

namespace carousel {
namespace {

bool is_all_missing(const Column& column) {
  return std::ranges::all_of(column.values, [](double value) { return std::isnan(value); });
}

void check_same_columns(const Table& all, const Table& next) {
  const auto lacks = [](const Table& one, const Table& other) {
    for (const auto& column : other.columns) {
      if (one.has(column.name)) continue;
      throw Error(fmt::format("{} has no column {}, which {} has; give files with the same columns",
                              one.source(), shown(column.name), other.source()));
    }
  };
  lacks(next, all);
  lacks(all, next);
}

/// The places of `next` among the categories of `all`, which are added to.
void join_categories(Column& all, Column& next) {
  std::unordered_map<std::string, double> places;
  for (std::size_t i = 0; i < all.categories.size(); ++i)
    places.emplace(all.categories[i], static_cast<double>(i));
  std::vector<double> moved;
  for (auto& text : next.categories) {
    const auto [place, is_new] = places.emplace(text, static_cast<double>(all.categories.size()));
    if (is_new) all.categories.push_back(std::move(text));
    moved.push_back(place->second);
  }
  for (double& value : next.values) {
    if (!std::isnan(value)) value = moved[static_cast<std::size_t>(value)];
  }
}

/// A column that is missing throughout is whatever the other one is.
void agree(Column& a, const Table& in_a, Column& b, const Table& in_b) {
  if (a.kind != b.kind && is_all_missing(b)) b.kind = a.kind;
  if (a.kind != b.kind && is_all_missing(a)) a.kind = b.kind;
  if (a.kind == b.kind) return;
  throw Error(fmt::format(
      "column {} is a {} in {} and a {} in {}; make them agree, or read it as texts with --categorical {}",
      shown(a.name), name_of(a.kind), in_a.source(), name_of(b.kind), in_b.source(), visible(a.name)));
}

}  // namespace

Column category_column(std::string name, std::int64_t rows, std::string text) {
  return {.name = std::move(name),
          .kind = ColumnKind::category,
          .values = std::vector<double>(static_cast<std::size_t>(rows), 0.0),
          .categories = {std::move(text)}};
}

Column as_category(Column column) {
  if (column.kind == ColumnKind::category) return column;
  Column texts{.name = column.name, .kind = ColumnKind::category};
  std::unordered_map<std::string, double> places;
  texts.values.reserve(column.values.size());
  for (std::size_t row = 0; row < column.values.size(); ++row) {
    if (std::isnan(column.values[row])) {
      texts.values.push_back(missing);
      continue;
    }
    const auto [place, is_new] =
        places.emplace(column.text(static_cast<std::int64_t>(row)), static_cast<double>(places.size()));
    if (is_new) texts.categories.push_back(place->first);
    texts.values.push_back(place->second);
  }
  return texts;
}

void append(Table& all, Table next) {
  check_same_columns(all, next);
  const auto rows = all.rows();
  for (auto& column : all.columns) {
    auto& more = *std::ranges::find(next.columns, column.name, &Column::name);
    agree(column, all, more, next);
    if (column.kind == ColumnKind::category) join_categories(column, more);
    column.values.insert(column.values.end(), more.values.begin(), more.values.end());
    more = {};
    more.name = column.name;
  }
  for (auto& part : next.parts) {
    part.first_row += rows;
    for (auto& jump : part.jumps) jump.row += rows;
    all.parts.push_back(std::move(part));
  }
}

}  // namespace carousel
