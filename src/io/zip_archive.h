// The zip container of torch's .pt files: entries that are stored, not compressed, and nothing else. The
// format itself is libzip's business.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct zip;

namespace carousel {

/// Reads entries of an archive in memory, which must outlive this. Opening and reading take time and memory
/// in proportion to the bytes, whatever they claim. Throws Error with the bare reason.
class ZipArchive {
 public:
  /// Throws for what is no zip archive, is truncated or inconsistent, has a name twice, more than 16,384
  /// entries, or an entry of impossible size.
  explicit ZipArchive(std::span<const std::byte> bytes);

  /// Names and sizes in bytes.
  const std::map<std::string, std::uint64_t, std::less<>>& entries() const { return sizes_; }

  bool has(std::string_view name) const { return sizes_.contains(name); }

  /// The entry's bytes. Throws when it is absent, its checksum is wrong, or any entry is compressed or encrypted.
  std::string read(std::string_view name) const;

 private:
  std::shared_ptr<zip> archive_;
  std::map<std::string, std::uint64_t, std::less<>> sizes_;
  std::string not_plain_;  ///< names the first compressed or encrypted entry
};

struct ZipEntry {
  std::string name;  ///< ASCII
  std::span<const std::byte> data;
};

/// The bytes of an archive that holds these entries in this order, stored, each one's data at a multiple of
/// 64 bytes, as torch lays them out. The same entries give the same bytes: the time stamps are 1980-01-01.
std::string zip_stored(std::span<const ZipEntry> entries);

}  // namespace carousel
