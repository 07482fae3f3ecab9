#include "data/arrow/streams.h"

#include <arrow/buffer.h>
#include <arrow/io/compressed.h>
#include <arrow/result.h>
#include <arrow/util/compression.h>
#include <sys/stat.h>

#include <fmt/format.h>

#include "carousel/data/file.h"
#include "carousel/error.h"
#include "carousel/io/file.h"

#include "data/tables/columns.h"
#include "io/system_failure.h"

namespace carousel {

CountedFile::CountedFile(const std::filesystem::path& path, OnReadProgress progress)
    : path_(path), file_(path, O_RDONLY), progress_(std::move(progress)) {
  struct stat status{};
  if (!file_.is_open() || ::fstat(file_.get(), &status) != 0) throw_failure(errno, "read", path);
  if (S_ISDIR(status.st_mode)) throw_failure(EISDIR, "read", path);
  if (S_ISREG(status.st_mode)) {
    size_ = static_cast<std::uint64_t>(status.st_size);
    if (size_ == 0) throw Error(fmt::format("{} is empty; give a file with contents", source_name(path)));
  }
}

arrow::Status CountedFile::Close() {
  file_.close();
  return arrow::Status::OK();
}

arrow::Result<std::int64_t> CountedFile::Read(std::int64_t bytes, void* out) {
  try {
    const ssize_t count =
        uninterrupted([&] { return ::read(file_.get(), out, static_cast<std::size_t>(bytes)); });
    if (count < 0) throw_failure(errno, "read", path_);
    done_ += static_cast<std::uint64_t>(count);
    if (size_ == 0 && done_ > largest_stream) throw_endless(path_, largest_stream);
    if (progress_) progress_({.done = done_, .all = size_});
    return count;
  } catch (...) {  // the progress, too, may end the reading
    failure_ = std::current_exception();
    return arrow::Status::IOError("see rethrow()");
  }
}

arrow::Result<std::shared_ptr<arrow::Buffer>> CountedFile::Read(std::int64_t bytes) {
  ARROW_ASSIGN_OR_RAISE(auto buffer, arrow::AllocateResizableBuffer(bytes));
  ARROW_ASSIGN_OR_RAISE(const std::int64_t count, Read(bytes, buffer->mutable_data()));
  ARROW_RETURN_NOT_OK(buffer->Resize(count));
  return std::shared_ptr<arrow::Buffer>(std::move(buffer));
}

TextStream::TextStream(const std::filesystem::path& path, OnReadProgress progress)
    : path_(path), file_(std::make_shared<CountedFile>(path, std::move(progress))), text_(file_) {
  if (!has_ending(path, ".gz")) return;
  auto codec = arrow::util::Codec::Create(arrow::Compression::GZIP).ValueOrDie();
  text_ = arrow::io::CompressedInputStream::Make(codec.get(), file_).ValueOrDie();
  codec_ = std::move(codec);
}

bool TextStream::read(std::string& text, std::size_t bytes) {
  const auto before = text.size();
  text.resize(before + bytes);
  const auto count = text_->Read(static_cast<std::int64_t>(bytes), text.data() + before);
  file_->rethrow();
  if (!count.ok()) {
    throw Error(fmt::format("{} is no whole gzip file: it was cut off or is damaged; fetch it again",
                            source_name(path_)));
  }
  text.resize(before + static_cast<std::size_t>(*count));
  return *count > 0;
}

}  // namespace carousel
