#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>

#include <numeric>

#include "data/arrow/batches.h"
#include "data/tables/by_arrow.h"

namespace carousel {
namespace {

constexpr std::string_view parquet_kind = "Parquet";

Table read_opened_parquet(const std::filesystem::path& path, const TableFormat& format) {
  const auto [file, size] = open_anywhere(path);
  parquet::ArrowReaderProperties properties(/*use_threads=*/false);
  properties.set_pre_buffer(false);  // else all of a row group waits in memory
  const auto reader =
      whole(parquet::arrow::FileReader::Make(arrow::default_memory_pool(),
                                             parquet::ParquetFileReader::Open(file), properties),
            path, parquet_kind);
  std::shared_ptr<arrow::Schema> schema;
  whole(reader->GetSchema(&schema), path, parquet_kind);
  BatchTable table(path, *schema, format);
  std::vector<int>
      leaves;  // columns as Parquet counts them: those inside lists and structs, which are not wanted, too
  for (const int place : table.places())
    leaves.push_back(reader->manifest().schema_fields[static_cast<std::size_t>(place)].column_index);
  std::vector<int> groups(static_cast<std::size_t>(reader->num_row_groups()));
  std::iota(groups.begin(), groups.end(), 0);
  const auto batches = whole(reader->GetRecordBatchReader(groups, leaves), path, parquet_kind);
  const auto rows = reader->parquet_reader()->metadata()->num_rows();
  for (std::shared_ptr<arrow::RecordBatch> batch;;) {
    whole(batches->ReadNext(&batch), path, parquet_kind);
    if (!batch) break;
    table.add(*batch);
    if (format.progress && rows > 0)
      format.progress(
          {.done = static_cast<std::uint64_t>(static_cast<double>(size) * static_cast<double>(table.rows()) /
                                              static_cast<double>(rows)),
           .all = size,
           .rows = table.rows()});
  }
  return table.finish();
}

}  // namespace

Table read_parquet(const std::filesystem::path& path, const TableFormat& format) {
  try {
    return read_opened_parquet(path, format);
  } catch (const parquet::ParquetException& failure) {
    whole(arrow::Status::Invalid(failure.what()), path, parquet_kind);
    throw;
  }
}

}  // namespace carousel
