#include "data/tables/array_table.h"

#include <optional>
#include <span>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "carousel/data/file.h"
#include "carousel/data/text.h"
#include "carousel/error.h"

#include "data/tables/columns.h"
#include "data/tables/known_kinds.h"
#include "data/tables/numpy_array.h"
#include "io/zip_archive.h"

namespace carousel {
namespace {

std::size_t rows_of(const NumpyArray& array) {
  return array.shape[0] * (array.shape.size() == 3 ? array.shape[1] : 1);
}

Column column_of(const NumpyArray& array, std::size_t place, std::string name) {
  const bool is_three = array.shape.size() == 3;
  const std::size_t steps = is_three ? array.shape[1] : 1;
  const std::size_t begin = array.shape.size() == 1 ? 0 : place * array.strides.back();
  Column column{.name = std::move(name),
                .kind = array.type == "b1" ? ColumnKind::boolean : ColumnKind::number};
  column.values.reserve(rows_of(array));
  for (std::size_t n = 0; n < array.shape[0]; ++n) {
    for (std::size_t t = 0; t < steps; ++t)
      column.values.push_back(
          array.value(begin + n * array.strides[0] + (is_three ? t * array.strides[1] : 0)));
  }
  return column;
}

/// `name` is an array's own, or nothing where it is the only one.
void add_columns(std::vector<Column>& columns, const NumpyArray& array,
                 const std::optional<std::string>& name) {
  const std::size_t count = array.shape.size() == 1 ? 1 : array.shape.back();
  for (std::size_t i = 0; i < count; ++i) {
    const bool is_alone = name && count == 1;
    columns.push_back(column_of(array, i, is_alone ? *name : fmt::format("{}{}", name.value_or("x"), i + 1)));
  }
}

Column sequence_numbers(const NumpyArray& array) {
  Column column{.name = std::string(sequence_column), .kind = ColumnKind::category};
  for (std::size_t n = 0; n < array.shape[0]; ++n) {
    column.values.insert(column.values.end(), array.shape[1], static_cast<double>(n));
    column.categories.push_back(std::to_string(n + 1));
  }
  return column;
}

/// One sentence for a reason that has no file yet.
template <class Call> auto naming(const std::string& source, Call&& call) {
  try {
    return call();
  } catch (const Error& error) {
    throw Error(fmt::format("{} {}", source, error.what()));
  }
}

struct NamedArray {
  std::string name;
  std::string bytes;
  NumpyArray array;
};

std::vector<NamedArray> arrays_in(std::string_view bytes, const std::string& source) {
  std::vector<NamedArray> arrays;
  const auto archive = naming(source + " cannot be read:", [&] {
    return ZipArchive(std::as_bytes(std::span(bytes)), ZipArchive::Compressed::allowed);
  });
  constexpr std::string_view ending = ".npy";
  for (const auto& [name, size] : archive.entries()) {
    if (!name.ends_with(ending)) continue;
    auto content = naming(source + " cannot be read:", [&] { return archive.read(name); });
    arrays.push_back({name.substr(0, name.size() - ending.size()), std::move(content), {}});
  }
  if (arrays.empty())
    throw Error(fmt::format("{} holds no array; give an archive that numpy.savez wrote", source));
  for (auto& [name, content, array] : arrays)
    array =
        naming(fmt::format("the array {} of {}", shown(name), source), [&] { return parse_npy(content); });
  return arrays;
}

void check_same_rows(const std::vector<NamedArray>& arrays, const std::string& source) {
  const auto& first = arrays.front();
  for (const auto& other : arrays) {
    const bool is_same = rows_of(other.array) == rows_of(first.array) &&
                         (other.array.shape.size() == 3) == (first.array.shape.size() == 3) &&
                         other.array.shape[0] == first.array.shape[0];
    if (is_same) continue;
    throw Error(
        fmt::format("the arrays {} and {} of {} have {} and {} rows in {} and {} parts; give arrays of the "
                    "same rows, or save one alone with numpy.save",
                    shown(first.name), shown(other.name), source, rows_of(first.array), rows_of(other.array),
                    first.array.shape[0], other.array.shape[0]));
  }
}

Table table_of(const std::vector<NamedArray>& arrays, const std::filesystem::path& path,
               const TableFormat& format) {
  const auto source = source_name(path);
  check_same_rows(arrays, source);
  std::vector<Column> columns;
  for (const auto& [name, bytes, array] : arrays) {
    check_memory(source, static_cast<std::int64_t>(rows_of(array)),
                 array.shape.size() == 1 ? 1 : array.shape.back());
    add_columns(columns, array, arrays.size() == 1 ? std::nullopt : std::optional(name));
  }
  if (arrays.front().array.shape.size() == 3) columns.push_back(sequence_numbers(arrays.front().array));
  return chosen(std::move(columns), path, format);
}

}  // namespace

Table read_npy(const std::filesystem::path& path, const TableFormat& format) {
  const auto bytes = read_data(path);
  std::vector<NamedArray> arrays(1);
  arrays[0].array = naming(source_name(path), [&] { return parse_npy(bytes); });
  return table_of(arrays, path, format);
}

Table read_npz(const std::filesystem::path& path, const TableFormat& format) {
  const auto bytes = read_data(path);
  return table_of(arrays_in(bytes, source_name(path)), path, format);
}

}  // namespace carousel
