// The arrays of .npy and .npz files as tables.
#pragma once

#include <filesystem>

#include "carousel/data/table_file.h"

namespace carousel {

/// An array [rows], [rows, columns] or [N, T, C], whose rows then stand below one another and are numbered in the column "sequence".
Table read_npy(const std::filesystem::path& path, const TableFormat& format);

/// The arrays of an archive side by side, as many rows each. Columns are x1, x2, ... when it holds one array, else they are
/// called after the arrays: "load", or "load1", "load2", ... of one with several columns.
Table read_npz(const std::filesystem::path& path, const TableFormat& format);

}  // namespace carousel
