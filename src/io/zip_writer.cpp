#include <ctime>

#include <fmt/format.h>

#include "carousel/error.h"

#include "io/zip_archive.h"
#include "io/zip_error.h"

namespace carousel {
namespace {

constexpr std::size_t local_header_bytes = 30;
constexpr std::size_t extra_header_bytes = 4;
constexpr std::size_t entry_alignment = 64;
constexpr zip_uint16_t padding_id = 0x4246;  // "FB", as torch marks it

/// Midnight of 1980-01-01, the first time a zip can hold; it holds local time.
std::time_t first_time() {
  std::tm date{};
  date.tm_year = 80;
  date.tm_mday = 1;
  date.tm_isdst = -1;
  return std::mktime(&date);
}

void require(bool done, zip_t* archive) {
  if (!done) throw Error(fmt::format("cannot make a zip archive ({})", zip_strerror(archive)));
}

/// Adds the entry behind the `end` bytes that come before it; returns the new end.
std::size_t add(zip_t* archive, const ZipEntry& entry, std::size_t end) {
  zip_source_t* source = zip_source_buffer(archive, entry.data.data(), entry.data.size(), 0);
  require(source != nullptr, archive);
  const auto added = zip_file_add(archive, entry.name.c_str(), source, ZIP_FL_ENC_GUESS);
  if (added < 0) zip_source_free(source);
  require(added >= 0, archive);
  const auto index = static_cast<zip_uint64_t>(added);
  const std::size_t unpadded = end + local_header_bytes + entry.name.size() + extra_header_bytes;
  const std::string padding((entry_alignment - unpadded % entry_alignment) % entry_alignment, 'Z');
  require(zip_set_file_compression(archive, index, ZIP_CM_STORE, 0) == 0, archive);
  require(zip_file_set_mtime(archive, index, first_time(), 0) == 0, archive);
  require(zip_file_extra_field_set(archive, index, padding_id, ZIP_EXTRA_FIELD_NEW,
                                   reinterpret_cast<const zip_uint8_t*>(padding.data()),
                                   static_cast<zip_uint16_t>(padding.size()), ZIP_FL_LOCAL) == 0,
          archive);
  return unpadded + padding.size() + entry.data.size();
}

std::string content_of(zip_source_t* source) {
  zip_stat_t stat;
  if (zip_source_stat(source, &stat) != 0 || zip_source_open(source) != 0)
    throw Error("cannot make a zip archive");
  std::string content(stat.size, '\0');
  const auto read = zip_source_read(source, content.data(), content.size());
  zip_source_close(source);
  if (read != static_cast<zip_int64_t>(content.size())) throw Error("cannot make a zip archive");
  return content;
}

}  // namespace

std::string zip_stored(std::span<const ZipEntry> entries) {
  ZipError error;
  const SourceHandle source(zip_source_buffer_create(nullptr, 0, 0, error.get()));
  ZipHandle archive(source ? zip_open_from_source(source.get(), ZIP_CREATE | ZIP_TRUNCATE, error.get())
                           : nullptr);
  if (!archive) throw Error(fmt::format("cannot make a zip archive ({})", error.text()));
  zip_source_keep(source.get());
  std::size_t end = 0;
  for (const auto& entry : entries) end = add(archive.get(), entry, end);
  require(zip_close(archive.get()) == 0, archive.get());
  static_cast<void>(archive.release());
  return content_of(source.get());
}

}  // namespace carousel
