#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <arrow/ipc/options.h>
#include <arrow/ipc/reader.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <fmt/format.h>

#include "carousel/data/file.h"
#include "carousel/error.h"

#include "data/arrow/batches.h"
#include "data/tables/by_arrow.h"

namespace carousel {
namespace {

constexpr std::string_view arrow_kind = "Feather or Arrow";

/// Offsets in a file are hostile until they are checked.
const arrow::RecordBatch& checked(const arrow::RecordBatch& batch, const std::filesystem::path& path) {
  whole(batch.ValidateFull(), path, arrow_kind);
  return batch;
}

/// The format with a list of its batches at the end.
Table read_arrow_file(const OpenFile& opened, const std::filesystem::path& path, const TableFormat& format) {
  auto reader = whole(arrow::ipc::RecordBatchFileReader::Open(opened.file), path, arrow_kind);
  BatchTable table(path, *reader->schema(), format);
  auto options = arrow::ipc::IpcReadOptions::Defaults();
  options.included_fields = table.places();
  options.use_threads = false;
  reader = whole(arrow::ipc::RecordBatchFileReader::Open(opened.file, options), path, arrow_kind);
  const int count = reader->num_record_batches();
  for (int i = 0; i < count; ++i) {
    table.add(checked(*whole(reader->ReadRecordBatch(i), path, arrow_kind), path));
    if (format.progress)
      format.progress(
          {.done = opened.size * static_cast<std::uint64_t>(i + 1) / static_cast<std::uint64_t>(count),
           .all = opened.size,
           .rows = table.rows()});
  }
  return table.finish();
}

/// The format that is one batch after another.
Table read_arrow_stream(const OpenFile& opened, const std::filesystem::path& path,
                        const TableFormat& format) {
  const auto reader = whole(arrow::ipc::RecordBatchStreamReader::Open(opened.file), path, arrow_kind);
  BatchTable table(path, *reader->schema(), format);
  for (std::shared_ptr<arrow::RecordBatch> batch;;) {
    whole(reader->ReadNext(&batch), path, arrow_kind);
    if (!batch) break;
    table.add_some(checked(*batch, path));
    const auto done = opened.file->Tell();
    if (format.progress && done.ok())
      format.progress({.done = static_cast<std::uint64_t>(*done), .all = opened.size, .rows = table.rows()});
  }
  return table.finish();
}

}  // namespace

Table read_feather(const std::filesystem::path& path, const TableFormat& format) {
  const auto opened = open_anywhere(path);
  const auto beginning = whole(opened.file->ReadAt(0, 6), path, arrow_kind)->ToString();
  if (beginning == "ARROW1") return read_arrow_file(opened, path, format);
  if (beginning.starts_with("FEA1")) {
    throw Error(fmt::format("{} is a Feather file of version 1; write it again, as version 2 or as Parquet",
                            source_name(path)));
  }
  whole(opened.file->Seek(0), path, arrow_kind);
  return read_arrow_stream(opened, path, format);
}

}  // namespace carousel
