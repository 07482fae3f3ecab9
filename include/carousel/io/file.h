// Reading and writing whole files so that a crash, a full disk or a kill never leaves half of one behind.
//
// All functions throw Error when the path is wrong (missing, a folder where a file is meant) and SystemError
// when the system refuses (disk full, size limit, permission, read-only), with a sentence that names the path
// and a way out. A file size limit (ulimit -f) is reported only where SIGXFSZ is ignored; by default that
// signal ends the process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace carousel {

/// What is read at most of a pipe, a device or whatever else gives no size of its own, in bytes: 256 MiB.
inline constexpr std::uint64_t largest_stream = std::uint64_t{1} << 28;

/// The bytes of a file. A pipe or a device is read to its end, and refused with Error when that does not come
/// within largest_stream bytes: /dev/zero would fill the memory.
std::string read_file(const std::filesystem::path& path);

/// Judges a file before it is read: by its first bytes, 64 KiB or all there are, and its size, 0 where that
/// is not known beforehand. Throws to refuse it.
using FileCheck = std::function<void(std::string_view beginning, std::uint64_t size)>;

/// The same for a file that may be anything: what `check` refuses costs neither time nor memory, however large it is.
std::string read_file(const std::filesystem::path& path, const FileCheck& check);

/// Replaces or creates a file whole: written aside in the same folder, synced, renamed. On any failure the
/// old file is untouched and nothing is left beside it. A symbolic link is followed; a pipe or device is
/// written to directly.
void write_file_atomically(const std::filesystem::path& path, std::string_view content);
void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> content);

/// The same for a file that lies in memory in several pieces, written one after the other without joining them.
void write_pieces_atomically(const std::filesystem::path& path,
                             std::span<const std::span<const std::byte>> pieces);

/// A file that only grows, line by line, such as metrics.jsonl. Every line is with the kernel when append
/// returns, and a line that could not be written whole is taken back before the exception leaves.
class AppendFile {
 public:
  /// Opens or creates the file and appends to all that is there.
  explicit AppendFile(const std::filesystem::path& path);

  /// Opens the file and drops everything after its first `keep_bytes`: the size() a checkpoint noted, so that
  /// a resumed run repeats no line. Throws Error when the file is shorter than that.
  AppendFile(const std::filesystem::path& path, std::uint64_t keep_bytes);

  AppendFile(AppendFile&& other) noexcept;
  AppendFile& operator=(AppendFile&& other) noexcept;
  ~AppendFile();

  /// Appends the line and a newline.
  void append(std::string_view line);

  /// Appends bytes as they are: whole or not at all, as a line.
  void append_bytes(std::string_view bytes);

  /// Forces what was appended onto the disk.
  void sync();

  /// Bytes in the file now.
  std::uint64_t size() const { return size_; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace carousel
