// What every reader of tables asks of names: those of files and those of columns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "carousel/data/table_file.h"
#include "carousel/error.h"

namespace carousel {

/// The column that says which sequence a row belongs to, and the one of a .ts file's labels: the two that a reader may add.
inline constexpr std::string_view sequence_column = "sequence";
inline constexpr std::string_view label_column = "label";

/// Whether a file's name ends so, in small letters or capitals.
bool has_ending(const std::filesystem::path& path, std::string_view ending);

/// The Error "<why> 'OTT', which is no column of <source>; did you mean 'OT'? (columns: date, OT)".
Error no_such_column(std::string_view why, const std::string& name, const std::vector<std::string>& names,
                     std::string_view source);

/// The places of the columns to be read, in their order. Throws Error for a name that is empty or repeats, and for one of
/// format.only that the file lacks. `source` is the file in quotes; `where` says where its names stand: "line 1 of ".
std::vector<std::size_t> wanted_columns(const std::vector<std::string>& names, const TableFormat& format,
                                        const std::string& source, const std::string& where = "");

/// Throws SystemError when so many values are more than the machine has memory for.
void check_memory(const std::string& source, std::int64_t rows, std::size_t columns);

}  // namespace carousel
