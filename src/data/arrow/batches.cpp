#include "data/arrow/batches.h"

#include <arrow/buffer.h>
#include <arrow/io/file.h>
#include <arrow/io/memory.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <sys/stat.h>

#include <utility>

#include <fmt/format.h>

#include "carousel/data/file.h"
#include "carousel/data/text.h"
#include "carousel/error.h"

#include "data/tables/columns.h"
#include "data/tables/known_kinds.h"
#include "io/descriptor.h"
#include "io/system_failure.h"

namespace carousel {

OpenFile open_anywhere(const std::filesystem::path& path) {
  Descriptor opened(path, O_RDONLY);
  struct stat status{};
  if (!opened.is_open() || ::fstat(opened.get(), &status) != 0) throw_failure(errno, "read", path);
  if (S_ISREG(status.st_mode) && status.st_size > 0) {
    auto file = arrow::io::ReadableFile::Open(opened.release());
    if (file.ok()) return {*file, static_cast<std::uint64_t>(status.st_size)};
  }
  auto buffer = arrow::Buffer::FromString(read_data(path));
  const auto size = static_cast<std::uint64_t>(buffer->size());
  return {std::make_shared<arrow::io::BufferReader>(std::move(buffer)), size};
}

void whole(const arrow::Status& status, const std::filesystem::path& path, std::string_view kind) {
  if (status.ok()) return;
  if (status.IsOutOfMemory())
    throw SystemError(fmt::format(
        "cannot read {}: it asks for more memory than there is, if it is not damaged", source_name(path)));
  if (status.IsNotImplemented()) {
    throw Error(fmt::format("{} has something in it that is not read ({}); write it in a plainer way",
                            source_name(path), visible(status.message().substr(0, 200))));
  }
  throw Error(fmt::format(
      "{} is no whole {} file: it was cut off, is damaged or is something else; fetch or write it again",
      source_name(path), kind));
}

BatchTable::BatchTable(const std::filesystem::path& path, const arrow::Schema& schema,
                       const TableFormat& format)
    : path_(path), format_(format) {
  const auto source = source_name(path);
  for (const auto place : wanted_columns(schema.field_names(), format, source)) {
    places_.push_back(static_cast<int>(place));
    columns_.emplace_back(*schema.field(static_cast<int>(place)), format, source);
  }
}

void BatchTable::add(const arrow::RecordBatch& batch) {
  for (std::size_t i = 0; i < columns_.size(); ++i) columns_[i].add(*batch.column(static_cast<int>(i)));
  rows_ += batch.num_rows();
  check_memory(source_name(path_), rows_, columns_.size());
}

void BatchTable::add_some(const arrow::RecordBatch& batch) {
  add(*whole(batch.SelectColumns(places_), path_, "Arrow"));
}

Table BatchTable::finish() {
  std::vector<Column> columns;
  for (auto& column : columns_) columns.push_back(column.finish());
  columns_.clear();
  return chosen(std::move(columns), path_, format_);
}

}  // namespace carousel
