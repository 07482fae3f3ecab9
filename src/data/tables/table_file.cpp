#include "carousel/data/table_file.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "carousel/data/file.h"
#include "carousel/data/text.h"
#include "carousel/error.h"
#include "carousel/text.h"

#include "data/tables/array_table.h"
#include "data/tables/by_arrow.h"
#include "data/tables/columns.h"
#include "data/tables/one_table.h"
#include "data/tables/series_table.h"
#include "io/system_failure.h"

namespace carousel {
namespace {

namespace fs = std::filesystem;

struct FileKind {
  std::string_view ending;
  Table (*read)(const fs::path&, const TableFormat&);
  bool is_in_folders = true;  ///< else only when it is named: a folder's .txt may be anything
};

constexpr std::array file_kinds{FileKind{".csv", read_delimited},
                                FileKind{".tsv", read_delimited},
                                FileKind{".txt", read_delimited, false},
                                FileKind{".csv.gz", read_delimited},
                                FileKind{".tsv.gz", read_delimited},
                                FileKind{".txt.gz", read_delimited, false},
                                FileKind{".parquet", read_parquet},
                                FileKind{".feather", read_feather},
                                FileKind{".arrow", read_feather},
                                FileKind{".npy", read_npy},
                                FileKind{".npz", read_npz},
                                FileKind{".ts", read_series}};

const FileKind* kind_by_ending(const fs::path& path) {
  for (const auto& kind : file_kinds) {
    if (has_ending(path, kind.ending)) return &kind;
  }
  return nullptr;
}

std::string known_endings() {
  std::vector<std::string> endings;
  for (const auto& kind : file_kinds) endings.emplace_back(kind.ending);
  return join(endings);
}

/// What is no file and has no ending, such as /dev/stdin, is text.
const FileKind& kind_of(const fs::path& path) {
  if (const auto* kind = kind_by_ending(path)) return *kind;
  std::error_code ignored;
  const auto status = fs::status(path, ignored);
  if (!fs::exists(status)) throw_failure(ENOENT, "read", path);
  if (!fs::is_regular_file(status) && !path.has_extension()) return file_kinds.front();
  throw Error(fmt::format("{} has an ending of which no table is known; give a file that ends in one of {}",
                          source_name(path), known_endings()));
}

std::vector<fs::path> tables_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code code;
  for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
    const auto* kind = kind_by_ending(entry->path());
    const bool is_hidden = entry->path().filename().string().starts_with('.');
    if (kind != nullptr && kind->is_in_folders && !is_hidden && entry->is_regular_file())
      files.push_back(entry->path());
  }
  if (code) throw_failure(code.value(), "read", folder);
  if (files.empty()) {
    throw Error(fmt::format("{} is a folder without tables; give one with files that end in one of {}",
                            source_name(folder), known_endings()));
  }
  std::ranges::sort(files);
  return files;
}

std::vector<fs::path> all_files(const std::vector<fs::path>& paths) {
  std::vector<fs::path> files;
  for (const auto& path : paths) {
    std::error_code ignored;
    const auto more = fs::is_directory(path, ignored) ? tables_in(path) : std::vector{path};
    files.insert(files.end(), more.begin(), more.end());
  }
  if (files.empty()) throw Error("no table was named; give a file or a folder of files");
  std::set<fs::path> seen;
  for (const auto& file : files) {
    if (!seen.insert(file.lexically_normal()).second)
      throw Error(fmt::format("{} is named twice; name each file once", source_name(file)));
  }
  return files;
}

/// What the rows of each file are called: its name without the ending, or its path where two have that name.
std::vector<std::string> names_of(const std::vector<fs::path>& files) {
  std::vector<std::string> names;
  for (const auto& file : files) {
    const std::string name = file.filename().string();
    const auto* kind = kind_by_ending(file);
    names.push_back(name.substr(0, name.size() - (kind == nullptr ? 0 : kind->ending.size())));
  }
  if (std::set(names.begin(), names.end()).size() == names.size()) return names;
  names.clear();
  for (const auto& file : files) names.push_back(file.string());
  return names;
}

/// Kinds that the files before have settled, so that one that differs is refused at its line.
void keep_kinds(TableFormat& format, const Table& table) {
  for (const auto& column : table.columns) {
    const bool is_settled =
        std::ranges::any_of(column.values, [](double value) { return !std::isnan(value); });
    if (is_settled && column.name != sequence_column) format.kinds.emplace(column.name, column.kind);
  }
}

/// Progress over all files from that of one after the other.
class AllProgress {
 public:
  AllProgress(const std::vector<fs::path>& files, OnReadProgress tell) : tell_(std::move(tell)) {
    for (const auto& file : files) all_ += size_of(file);
    // Of a pipe nobody knows how much is to come.
    if (std::ranges::any_of(files, [](const fs::path& file) { return size_of(file) == 0; })) all_ = 0;
  }
  /// Of the next file, below so many rows.
  OnReadProgress of_next(const fs::path& file, std::int64_t rows) {
    const auto before = before_;
    before_ += size_of(file);
    if (!tell_) return {};
    return [this, before, rows, name = file.filename().string()](const ReadProgress& own) {
      tell_({.source = name, .done = before + own.done, .all = all_, .rows = rows + own.rows});
    };
  }

 private:
  static std::uint64_t size_of(const fs::path& file) {
    std::error_code code;
    const auto size = fs::file_size(file, code);
    return code ? 0 : size;
  }
  OnReadProgress tell_;
  std::uint64_t all_ = 0, before_ = 0;
};

/// Says which file rows are of: in the column of sequences, before the sequence's own name where the file has several.
void name_sequences(Table& table, const std::string& file) {
  const auto found = std::ranges::find(table.columns, sequence_column, &Column::name);
  if (found == table.columns.end()) {
    table.columns.push_back(category_column(std::string(sequence_column), table.rows(), file));
  } else {
    for (auto& text : found->categories) text = fmt::format("{} {}", file, text);
  }
}

}  // namespace

Table read_table(const std::vector<fs::path>& paths, const TableFormat& format) {
  const auto files = all_files(paths);
  const auto names = names_of(files);
  TableFormat each = format;
  AllProgress progress(files, format.progress);
  Table all;
  bool has_own_sequences = false;  // a column of that name in the first file
  for (std::size_t i = 0; i < files.size(); ++i) {
    each.progress = progress.of_next(files[i], all.rows());
    const auto& kind = kind_of(files[i]);
    Table table = kind.read(files[i], each);
    const bool is_numbered = kind.read == read_npy || kind.read == read_npz || kind.read == read_series;
    if (i == 0) has_own_sequences = table.has(std::string(sequence_column)) && !is_numbered;
    if (files.size() > 1 && !has_own_sequences) name_sequences(table, names[i]);
    if (i == 0)
      all = std::move(table);
    else
      append(all, std::move(table));
    keep_kinds(each, all);
  }
  for (const auto& name : format.only) static_cast<void>(all.column(name, "what is read needs"));
  return all;
}

}  // namespace carousel
