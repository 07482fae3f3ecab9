// The zip container of torch's .pt files, whose entries are stored and nothing else, and of NumPy's .npz files, where they may be
// compressed. The format itself is libzip's business.
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
  enum class Compressed { refused, allowed };

  /// Throws for what is no zip archive, is truncated or inconsistent, has a name twice, more than 16,384
  /// entries, or an entry of impossible size: what is compressed has at most 1,032 times its bytes.
  explicit ZipArchive(std::span<const std::byte> bytes, Compressed compressed = Compressed::refused);

  /// Names and sizes in bytes.
  const std::map<std::string, std::uint64_t, std::less<>>& entries() const { return sizes_; }

  bool has(std::string_view name) const { return sizes_.contains(name); }

  /// The entry's bytes. Throws when it is absent, its checksum is wrong, or any entry is encrypted, or compressed
  /// where that is refused.
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
