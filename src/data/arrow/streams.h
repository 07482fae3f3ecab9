// Files as Arrow reads them, opened and bounded as read_file of io/file.h does.
#pragma once

#include <arrow/io/interfaces.h>
#include <arrow/util/compression.h>

#include <cstdint>
#include <exception>
#include <filesystem>
#include <memory>
#include <string>

#include "carousel/data/read_progress.h"

#include "io/descriptor.h"

namespace carousel {

/// A file from its beginning to its end. Tells now and then how much was read; what is no regular file is refused beyond
/// largest_stream. Arrow carries no exceptions: a failure is kept, and thrown by rethrow().
class CountedFile : public arrow::io::InputStream {
 public:
  /// Throws as read_file when the file cannot be opened, is a folder or is empty.
  CountedFile(const std::filesystem::path& path, OnReadProgress progress);

  arrow::Status Close() override;
  bool closed() const override { return !file_.is_open(); }
  arrow::Result<std::int64_t> Tell() const override { return static_cast<std::int64_t>(done_); }
  arrow::Result<std::int64_t> Read(std::int64_t bytes, void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(std::int64_t bytes) override;

  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  std::filesystem::path path_;
  Descriptor file_;
  OnReadProgress progress_;
  std::uint64_t size_ = 0;  // 0: not known beforehand
  std::uint64_t done_ = 0;
  std::exception_ptr failure_;
};

/// The text of a file, decompressed where its name ends in .gz.
class TextStream {
 public:
  TextStream(const std::filesystem::path& path, OnReadProgress progress);

  /// Appends at most so many bytes; false when there are none left. Throws Error for a file that was cut off or damaged.
  bool read(std::string& text, std::size_t bytes);

 private:
  std::filesystem::path path_;
  std::shared_ptr<CountedFile> file_;
  std::shared_ptr<arrow::util::Codec> codec_;  // used by text_
  std::shared_ptr<arrow::io::InputStream> text_;
};

}  // namespace carousel
