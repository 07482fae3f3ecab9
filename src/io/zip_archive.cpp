#include "io/zip_archive.h"

#include <algorithm>

#include <fmt/format.h>

#include "carousel/error.h"

#include "io/in_quotes.h"
#include "io/zip_error.h"

namespace carousel {
namespace {

constexpr std::size_t most_entries = 16'384;
constexpr std::size_t most_ends = 8;
constexpr std::size_t tail_bytes = 1 << 17;

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t times = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++times;
  return times;
}

/// libzip reads the directory again for everything in the last 64 kB that looks like the archive's end, and
/// finds names that were made to collide in its hash table one after the other: unlimited, both take the
/// square of the file's size. Chance finds in the data only count against limits that are generous.
void bound_work(std::string_view bytes) {
  const std::string_view tail = bytes.substr(bytes.size() - std::min(bytes.size(), tail_bytes));
  if (count(tail, "PK\5\6") > most_ends) throw Error("the zip archive has several ends");
  if (count(bytes, "PK\1\2") > most_entries) {
    throw Error(fmt::format("the zip archive has more than {} entries", most_entries));
  }
}

ZipHandle open(std::span<const std::byte> bytes) {
  bound_work({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  ZipError error;
  SourceHandle source(zip_source_buffer_create(bytes.data(), bytes.size(), 0, error.get()));
  ZipHandle archive(source ? zip_open_from_source(source.get(), ZIP_RDONLY | ZIP_CHECKCONS, error.get())
                           : nullptr);
  if (!archive) throw Error(fmt::format("the zip archive cannot be opened ({})", error.text()));
  static_cast<void>(source.release());  // the archive's now
  return archive;
}

zip_stat_t stat_of(zip_t* archive, zip_uint64_t index) {
  zip_stat_t stat;
  constexpr zip_uint64_t wanted =
      ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  if (zip_stat_index(archive, index, ZIP_FL_ENC_RAW, &stat) != 0 || (stat.valid & wanted) != wanted) {
    throw Error(fmt::format("entry {} of the zip archive cannot be read", index));
  }
  return stat;
}

/// The bytes that an entry can have at most, from those it takes up in the archive; deflate's best is 1,032 to 1.
std::uint64_t most_bytes(const zip_stat_t& stat) {
  return stat.comp_method == ZIP_CM_DEFLATE ? 1032 * stat.comp_size + 1032 : stat.comp_size;
}

/// What keeps an entry from being read; empty when nothing does.
std::string why_not_plain(const zip_stat_t& stat, bool may_be_compressed) {
  if (stat.encryption_method != ZIP_EM_NONE)
    return fmt::format("its entry {} is encrypted", in_quotes(stat.name));
  if (stat.comp_method == ZIP_CM_DEFLATE && may_be_compressed) return "";
  if (stat.comp_method == ZIP_CM_STORE && stat.comp_size == stat.size) return "";
  return fmt::format("its entry {} is compressed, which torch.save never does", in_quotes(stat.name));
}

}  // namespace

ZipArchive::ZipArchive(std::span<const std::byte> bytes, Compressed compressed) : archive_(open(bytes)) {
  const auto entries = zip_get_num_entries(archive_.get(), 0);
  std::uint64_t left = bytes.size();
  for (zip_int64_t i = 0; i < entries; ++i) {
    const zip_stat_t stat = stat_of(archive_.get(), static_cast<zip_uint64_t>(i));
    if (!sizes_.emplace(stat.name, stat.size).second) {
      throw Error(fmt::format("its entry {} comes twice", in_quotes(stat.name)));
    }
    if (not_plain_.empty()) not_plain_ = why_not_plain(stat, compressed == Compressed::allowed);
    if (!not_plain_.empty()) continue;
    if (stat.comp_size > left || stat.size > most_bytes(stat)) {
      throw Error(fmt::format("its entry {} of {} bytes does not fit into the file", in_quotes(stat.name),
                              stat.size));
    }
    left -= stat.comp_size;
  }
}

std::string ZipArchive::read(std::string_view name) const {
  if (!not_plain_.empty()) throw Error(not_plain_);
  const auto found = sizes_.find(name);
  if (found == sizes_.end()) throw Error(fmt::format("it has no entry {}", in_quotes(name)));
  const std::unique_ptr<zip_file_t, decltype(&zip_fclose)> file(
      zip_fopen(archive_.get(), found->first.c_str(), ZIP_FL_ENC_RAW), &zip_fclose);
  std::string content(found->second, '\0');
  // One byte more than there is: libzip compares the checksum when it meets the end.
  char beyond = 0;
  const bool whole =
      file &&
      zip_fread(file.get(), content.data(), content.size()) == static_cast<zip_int64_t>(content.size()) &&
      zip_fread(file.get(), &beyond, 1) == 0;
  if (!whole) throw Error(fmt::format("its entry {} is damaged (checksum or length)", in_quotes(name)));
  return content;
}

}  // namespace carousel
