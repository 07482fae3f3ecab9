// The text of a delimited file in blocks of whole rows, checked to be text in UTF-8.
#pragma once

#include <arrow/csv/options.h>
#include <arrow/util/delimiting.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "carousel/data/table_file.h"
#include "carousel/error.h"

#include "data/arrow/streams.h"

namespace carousel {

class RowBlocks {
 public:
  /// Reads up to the header. Throws Error for what is empty, UTF-16 or another binary file, or has a header that does not end.
  RowBlocks(const std::filesystem::path& path, const TableFormat& format);

  char separator() const { return separator_; }
  const std::vector<std::string>& names() const { return names_; }
  std::int64_t line_of_names() const { return line_of_names_; }

  /// The next rows, until the next call; nothing when there are no more. Throws Error with the line for bytes that are no UTF-8, a
  /// quote that does not end and a row of more than 256 MiB.
  std::string_view next();

  /// The line in which the rows of the last call begin.
  std::int64_t line() const { return line_; }
  Error wrong(std::int64_t line, const std::string& rest) const;

 private:
  void check_encoding() const;
  void read_names(TableFormat format);
  bool read_more(std::size_t bytes);
  std::size_t whole_rows();
  void check_end() const;

  std::filesystem::path path_;
  std::string source_;
  TextStream stream_;
  std::unique_ptr<arrow::Chunker> chunker_;
  std::string text_;
  std::string spaced_;     // the same rows with single spaces, where these separate
  std::size_t given_ = 0;  // at the beginning of text_, by the last call
  std::int64_t line_ = 1;
  std::int64_t line_of_names_ = 1;
  std::vector<std::string> names_;
  char separator_ = ',';
  bool goes_on_ = true;
};

}  // namespace carousel
