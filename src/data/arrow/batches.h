// Files that hold Arrow's record batches, of which only one is in memory beside the values.
#pragma once

#include <arrow/io/type_fwd.h>
#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "carousel/data/table_file.h"

#include "data/arrow/arrow_column.h"

namespace carousel {

/// A file that is read here and there. What is no regular file is read whole first, up to largest_stream. Throws as read_file.
struct OpenFile {
  std::shared_ptr<arrow::io::RandomAccessFile> file;
  std::uint64_t size = 0;
};
OpenFile open_anywhere(const std::filesystem::path& path);

/// The value of a result. Throws Error "<source> is no whole <kind> file: ..." for one that was cut off or is damaged, and with
/// Arrow's own words for what it cannot read.
template <class T> T whole(arrow::Result<T> result, const std::filesystem::path& path, std::string_view kind);
void whole(const arrow::Status& status, const std::filesystem::path& path, std::string_view kind);

class BatchTable {
 public:
  /// Throws Error for wrong names of columns, and for types that cannot be read.
  BatchTable(const std::filesystem::path& path, const arrow::Schema& schema, const TableFormat& format);

  /// Places of the columns to be read, in the schema.
  const std::vector<int>& places() const { return places_; }

  /// The wanted columns alone, in their order.
  void add(const arrow::RecordBatch& batch);
  /// The same, of a batch with all columns.
  void add_some(const arrow::RecordBatch& batch);

  std::int64_t rows() const { return rows_; }
  Table finish();

 private:
  std::filesystem::path path_;
  TableFormat format_;
  std::vector<int> places_;
  std::vector<ArrowColumn> columns_;
  std::int64_t rows_ = 0;
};

template <class T>
T whole(arrow::Result<T> result, const std::filesystem::path& path, std::string_view kind) {
  whole(result.status(), path, kind);
  return std::move(result).ValueUnsafe();
}

}  // namespace carousel
