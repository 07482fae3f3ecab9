// The labelled series of .ts files (data/time_series.h) as tables.
#pragma once

#include <filesystem>

#include "carousel/data/table_file.h"

namespace carousel {

/// The channels x1, x2, ..., the label of the series in each of its rows, and the number of the series in "sequence".
Table read_series(const std::filesystem::path& path, const TableFormat& format);

}  // namespace carousel
