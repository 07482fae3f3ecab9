#include "data/arrow/row_blocks.h"

#include <arrow/buffer.h>
#include <arrow/csv/chunker.h>

#include <algorithm>

#include <fmt/format.h>

#include "carousel/data/file.h"
#include "carousel/data/text.h"

#include "data/tables/columns.h"
#include "data/tables/fields.h"

namespace carousel {
namespace {

constexpr std::size_t block_bytes = std::size_t{1} << 22;
constexpr std::size_t longest_row = std::size_t{1} << 28;

}  // namespace

RowBlocks::RowBlocks(const std::filesystem::path& path, const TableFormat& format)
    : path_(path), source_(source_name(path)), stream_(path, format.progress) {
  while (text_.size() < block_bytes && read_more(block_bytes)) {  // a pipe gives less at a time
  }
  if (text_.empty()) throw Error(fmt::format("{} is empty; give a file with contents", source_));
  check_encoding();
  if (text_.starts_with("\xEF\xBB\xBF")) text_.erase(0, 3);
  read_names(format);
  auto options = arrow::csv::ParseOptions::Defaults();
  options.delimiter = separator_;
  options.newlines_in_values = true;
  chunker_ = arrow::csv::MakeChunker(options);
}

Error RowBlocks::wrong(std::int64_t line, const std::string& rest) const {
  return line_error(static_cast<std::size_t>(line), source_, rest);
}

/// UTF-16 is full of zero bytes, with or without its mark.
void RowBlocks::check_encoding() const {
  const bool has_mark = text_.starts_with("\xFF\xFE") || text_.starts_with("\xFE\xFF");
  const auto zero = text_.find('\0');
  if (!has_mark && zero == text_.npos) return;
  const bool is_utf16 = has_mark || (zero <= 1 && text_.size() > zero + 2 && text_[zero + 1] != '\0');
  throw Error(fmt::format(
      "{} is {}; save it as text in UTF-8", source_,
      is_utf16 ? "text in UTF-16" : fmt::format("no text: byte offset {} holds a zero byte", zero)));
}

void RowBlocks::read_names(TableFormat format) {
  const bool is_tabbed = has_ending(path_, ".tsv") || has_ending(path_, ".tsv.gz");
  if (is_tabbed && format.separator == "auto") format.separator = "tab";
  const auto begin = std::min(text_.find_first_not_of("\r\n"), text_.size());
  line_ += count_lines(std::string_view(text_).substr(0, begin));
  separator_ =
      separator_of(format, std::string_view(text_).substr(begin, text_.find_first_of("\r\n", begin) - begin));
  line_of_names_ = line_;
  const auto end = end_of_row(text_, begin, separator_);
  auto row = text_.substr(begin, end.content - begin);
  if (const auto at = end_of_utf8(row); at != row.npos) throw wrong(line_, no_utf8(row.substr(at)));
  if (goes_on_ && end.next == text_.size())
    throw wrong(line_, "does not end within 4 MiB; give a file whose first line names columns");
  if (separator_ == ' ') row = with_single_spaces(row);
  auto names = split_row(row, separator_);
  if (!names) throw wrong(line_, std::string(open_quote));
  for (const auto& name : *names) names_.emplace_back(trim(name));
  line_ += count_lines(std::string_view(text_).substr(begin, end.next - begin));
  text_.erase(0, end.next);
}

/// A CR at the end may be half of a line end.
bool RowBlocks::read_more(std::size_t bytes) {
  goes_on_ = goes_on_ && stream_.read(text_, bytes);
  while (goes_on_ && text_.ends_with('\r')) goes_on_ = stream_.read(text_, 1);
  return goes_on_;
}

/// Bytes at the beginning of text_ that are whole rows, 0 where no row ends.
std::size_t RowBlocks::whole_rows() {
  std::shared_ptr<arrow::Buffer> whole, partial;
  const auto status = chunker_->Process(std::make_shared<arrow::Buffer>(text_), &whole, &partial);
  return status.ok() ? static_cast<std::size_t>(whole->size()) : 0;
}

/// The last row of a file needs no line end, but the end of its quotes.
void RowBlocks::check_end() const {
  std::int64_t line = line_;
  for (std::size_t at = 0; at < text_.size();) {
    const auto end = end_of_row(text_, at, separator_);
    if (end.is_open) throw wrong(line, std::string(open_quote));
    line += count_lines(std::string_view(text_).substr(at, end.next - at));
    at = end.next;
  }
}

std::string_view RowBlocks::next() {
  line_ += count_lines(std::string_view(text_).substr(0, given_));
  text_.erase(0, given_);
  given_ = 0;
  while (given_ == 0 && read_more(std::max(block_bytes, text_.size()))) {
    given_ = whole_rows();
    if (given_ == 0 && text_.size() > longest_row)
      throw wrong(line_, "does not end within 256 MiB; check its quotes");
  }
  if (given_ == 0) {
    check_end();
    given_ = text_.size();
  }
  const auto rows = std::string_view(text_).substr(0, given_);
  if (const auto at = end_of_utf8(rows); at != rows.npos) {
    throw wrong(line_ + count_lines(rows.substr(0, at)), no_utf8(rows.substr(at)));
  }
  if (separator_ != ' ') return rows;
  spaced_ = with_single_spaces(rows);
  return spaced_;
}

}  // namespace carousel
