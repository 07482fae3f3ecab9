// The readers that need Apache Arrow, each of one file. src/data/arrow has them; where Arrow is missing src/data/without_arrow.cpp
// throws for each the Error that says how to get it. As all of read_table they throw Error, with the place, for what is wrong
// in the file, and SystemError for what the system refuses.
#pragma once

#include <filesystem>

#include "carousel/data/table_file.h"

namespace carousel {

/// CSV and its like, where the name ends in .gz compressed. Of format.progress the bytes in all are those of this file.
Table read_delimited(const std::filesystem::path& path, const TableFormat& format);
Table read_parquet(const std::filesystem::path& path, const TableFormat& format);
/// Feather (version 2), which is an Arrow file, and Arrow streams.
Table read_feather(const std::filesystem::path& path, const TableFormat& format);

}  // namespace carousel
