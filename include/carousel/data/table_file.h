// Reading tables: .csv, .tsv and .txt (also .gz), .parquet, .feather (version 2) and .arrow by Apache Arrow; .npy and .npz arrays
// [rows, columns] or [N, T, C]; .ts files (data/time_series.h). The kind of file follows from its name's ending; what is no file
// and has none, such as /dev/stdin, is text, of which at most 256 MiB are read.
//
// Text files: the first line that is not blank names the columns. Fields in double quotes may hold separators, line ends and
// doubled quotes; blank lines are passed over; lines in messages are those of an editor, blank ones and those inside quotes counted.
// A column whose first value is a number (quoted or not) holds numbers, one that begins with an ISO 8601 date holds times, one of
// true and false truths, all others texts; one without any value is numbers that are missing.
// One block of the file is in memory beside the values, which take 8 bytes each.
//
// Without Arrow (CAROUSEL_WITHOUT_ARROW) .npy, .npz and .ts are read and all else ends in an Error that says how to
// get it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "carousel/data/read_progress.h"
#include "carousel/data/table.h"

namespace carousel {

struct TableFormat {
  /// Of a text file: "auto" finds it in the header (the commonest of comma, semicolon, tab, bar), else the name
  /// ("comma", "semicolon", "tab", "space", "bar") or the character itself.
  std::string separator = "auto";
  std::string decimal =
      "auto";  ///< "point", "comma"; auto: a comma where fields are not separated by it and are such numbers
  /// Texts that stand for nothing, besides the empty field. Quoted or not.
  std::vector<std::string> missing = {"NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?"};
  /// Columns whose kind is known, as of the table that a model was trained on; others are found from all their rows.
  std::map<std::string, ColumnKind> kinds = {};
  /// Only these columns are read, where any are named; one that a file lacks is an Error.
  std::vector<std::string> only = {};
  OnReadProgress progress = {};  ///< told now and then
};

/// Files, and of folders all files of the formats above in the order of their names, as one table: one below the other,
/// which must have the same columns (in any order). Of several files, and of arrays [N, T, C] and .ts files, a row also
/// says which sequence it belongs to: in the column "sequence" (1, 2, ...; of several files the name without its
/// ending), which is added where the files have none of that name. Arrays name their columns x1, x2, ...; a .ts file
/// adds its labels as the column "label".
///
/// Throws Error, with file, line and column where there are such, for: no such file, a folder without tables, an ending
/// that is not known, no rows, an empty or repeated column name (with what it could be called), rows of different lengths, a quote
/// that does not end, UTF-16, bytes that are no UTF-8, a column that is numbers (or times) up to some line and text there (it
/// advises --categorical NAME), an infinite value, a file that was cut off or is damaged, columns that differ between files.
Table read_table(const std::vector<std::filesystem::path>& paths, const TableFormat& format = {});

/// One line of a text file after another, as from a pipe: the header first.
class TableLines {
 public:
  /// `kinds` says how each column is read and must name all that are needed; columns that it does not name are ignored.
  /// Throws Error when the header lacks one of them, by name.
  TableLines(const std::string& header, const TableFormat& format, std::string source);

  /// A table of one row, the columns of `kinds` in its order; a category's text is in `categories` of that row. `line` counts the lines read
  /// so far, the header too. Throws Error as read_table.
  Table read(const std::string& line, std::int64_t number) const;

 private:
  TableFormat format_;
  std::string source_;
  std::vector<std::int64_t> places_;  // of the columns of `kinds` in a line
  std::int64_t fields_ = 0;
  char separator_ = ',';
};

/// Whether this build reads CSV, Parquet and Feather; and the sentence that says how to get it where not.
bool has_arrow();

}  // namespace carousel
