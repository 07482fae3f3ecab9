// A column of ours from arrays of Arrow's, one after the other.
#pragma once

#include <arrow/type_fwd.h>

#include <string>

#include "carousel/data/table_file.h"

#include "data/tables/text_column.h"

namespace carousel {

class ArrowColumn {
 public:
  /// Numbers of every width, decimals, times of a day and durations (in seconds) are numbers; dates and time stamps are times; texts
  /// are categories; nothing but nulls is a number. Throws Error for other types, such as lists. `source` is the file in quotes.
  ArrowColumn(const arrow::Field& field, const TableFormat& format, std::string source);

  /// Throws Error, with the row, for texts that are no UTF-8.
  void add(const arrow::Array& array);

  Column finish();

 private:
  void add_texts(const arrow::Array& array);
  void add_dictionary(const arrow::Array& array);
  void add_text(std::string_view text);

  Column column_;
  TextColumn texts_;
  TextRules rules_;
  std::string source_;
  std::int64_t rows_ = 0;
};

}  // namespace carousel
