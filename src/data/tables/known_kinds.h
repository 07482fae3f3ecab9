// A table from columns that are all there: those that are asked for, of the kinds that they are known to be.
#pragma once

#include <filesystem>
#include <vector>

#include "carousel/data/table_file.h"

namespace carousel {

/// The column as the kind that `format` knows it to be. Throws Error, with the row, where it cannot be that.
Column of_known_kind(Column column, const TableFormat& format, const std::string& source);

/// Throws Error, with the row, for an infinite value.
void check_finite(const Column& column, const std::string& source);

/// Throws Error besides for names that are empty or repeat, for one of format.only that is not there, and for no rows.
Table chosen(std::vector<Column> columns, const std::filesystem::path& path, const TableFormat& format);

}  // namespace carousel
