#include "carousel/io/file.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <exception>
#include <new>
#include <utility>

#include <fmt/format.h>

#include "carousel/error.h"

#include "io/descriptor.h"
#include "io/machine_memory.h"
#include "io/process_mark.h"
#include "io/system_failure.h"

namespace carousel {
namespace {

namespace fs = std::filesystem;
using Pieces = std::span<const std::span<const std::byte>>;

std::uint64_t total_bytes(Pieces pieces) {
  std::uint64_t total = 0;
  for (const auto piece : pieces) total += piece.size();
  return total;
}

std::string writing(Pieces pieces) {
  return fmt::format("write {} bytes to", total_bytes(pieces));
}

bool write_pieces(int descriptor, Pieces pieces) {
  for (const auto piece : pieces) {
    if (!write_all(descriptor, piece)) return false;
  }
  return true;
}

void write_directly(const fs::path& path, Pieces pieces) {
  Descriptor file(path, O_WRONLY);
  if (!file.is_open() || !write_pieces(file.get(), pieces) || !file.close()) {
    throw_failure(errno, writing(pieces), path);
  }
}

void sync_parent(const fs::path& path) {
  const fs::path parent = path.parent_path();
  const Descriptor folder(parent.empty() ? fs::path(".") : parent, O_RDONLY | O_DIRECTORY);
  // A folder one may write to but not list cannot be opened; the rename has happened all the same.
  if (folder.is_open() && !sync_descriptor(folder.get())) throw_failure(errno, "sync the folder of", path);
}

void write_aside_and_rename(const fs::path& path, Pieces pieces) {
  const fs::path aside = path.parent_path() / temporary_name(".tmp");
  Descriptor file(aside, O_WRONLY | O_CREAT | O_EXCL);
  if (!file.is_open()) throw_failure(errno, writing(pieces), path);
  const bool written = write_pieces(file.get(), pieces) && sync_descriptor(file.get()) && file.close() &&
                       ::rename(aside.c_str(), path.c_str()) == 0;
  if (!written) {
    const int reason = errno;
    ::unlink(aside.c_str());
    throw_failure(reason, writing(pieces), path);
  }
  sync_parent(path);
}

fs::path follow_links(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_symlink(path, ignored)) return path;
  const fs::path target = fs::weakly_canonical(path, ignored);
  return ignored ? path : target;
}

}  // namespace

std::string read_file(const fs::path& path) {
  return read_file(path, [](std::string_view, std::uint64_t) {});
}

std::string read_file(const fs::path& path, const FileCheck& check) {
  Descriptor file(path, O_RDONLY);
  struct stat status{};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0) throw_failure(errno, "read", path);
  const auto size = S_ISREG(status.st_mode) ? static_cast<std::size_t>(status.st_size) : 0;
  std::array<char, 1 << 16> block;
  const auto next_block = [&] {  // a pipe gives less at a time
    std::size_t filled = 0;
    while (filled < block.size()) {
      const ssize_t count = ::read(file.get(), block.data() + filled, block.size() - filled);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw_failure(errno, "read", path);
      if (count == 0) break;
      filled += static_cast<std::size_t>(count);
    }
    return std::string_view(block.data(), filled);
  };
  auto read = next_block();
  check(read, size);
  std::string content;
  try {
    if (static_cast<double>(size) > machine_memory()) throw std::bad_alloc();
    content.reserve(size);
  } catch (const std::exception&) {  // bad_alloc, or length_error beyond what a string can hold
    throw SystemError(
        fmt::format("cannot read '{}': its {} bytes are more than there is memory for", path.string(), size));
  }
  const std::uint64_t most = std::max<std::uint64_t>(size, largest_stream);
  for (; !read.empty(); read = next_block()) {
    if (content.size() + read.size() > most) throw_endless(path, most);
    content += read;
  }
  return content;
}

void write_pieces_atomically(const fs::path& path, Pieces pieces) {
  const fs::path target = follow_links(path);
  std::error_code ignored;
  const fs::file_status status = fs::status(target, ignored);
  if (fs::is_directory(status)) throw_failure(EISDIR, writing(pieces), path);
  // Renaming over /dev/null would replace the device by a file.
  if (fs::exists(status) && !fs::is_regular_file(status)) return write_directly(target, pieces);
  write_aside_and_rename(target, pieces);
}

void write_file_atomically(const fs::path& path, std::span<const std::byte> content) {
  write_pieces_atomically(path, std::array{content});
}

void write_file_atomically(const fs::path& path, std::string_view content) {
  write_file_atomically(path, std::as_bytes(std::span(content)));
}

AppendFile::AppendFile(const fs::path& path) : path_(path) {
  Descriptor file(path, O_WRONLY | O_APPEND | O_CREAT);
  struct stat status{};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0) throw_failure(errno, "append to", path);
  size_ = static_cast<std::uint64_t>(status.st_size);
  descriptor_ = file.release();
}

AppendFile::AppendFile(const fs::path& path, std::uint64_t keep_bytes) : AppendFile(path) {
  if (size_ < keep_bytes) {
    throw Error(
        fmt::format("'{}' has {} bytes, but {} should be kept: it was shortened since the checkpoint was "
                    "written; restore it or start a new run",
                    path.string(), size_, keep_bytes));
  }
  if (!cut_to(descriptor_, keep_bytes)) throw_failure(errno, "shorten", path);
  size_ = keep_bytes;
}

AppendFile::AppendFile(AppendFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)), size_(other.size_) {}

AppendFile& AppendFile::operator=(AppendFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(size_, other.size_);
  return *this;
}

AppendFile::~AppendFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void AppendFile::append(std::string_view line) {
  // One write for line and newline, so that lines of two processes do not interleave.
  append_bytes(std::string(line) + '\n');
}

void AppendFile::append_bytes(std::string_view bytes) {
  if (!write_all(descriptor_, std::as_bytes(std::span(bytes)))) {
    const int reason = errno;
    cut_to(descriptor_, size_);
    throw_failure(reason, fmt::format("append {} bytes to", bytes.size()), path_);
  }
  size_ += bytes.size();
}

void AppendFile::sync() {
  if (!sync_descriptor(descriptor_)) throw_failure(errno, "sync", path_);
}

}  // namespace carousel
