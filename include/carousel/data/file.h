// A whole data file in memory, or an error that says why not.
#pragma once

#include <filesystem>
#include <string>

namespace carousel {

/// Every byte of a file. Throws as read_file of io/file.h if it is missing, a folder or unreadable, and Error
/// if it is empty.
std::string read_data(const std::filesystem::path& path);

/// As read_data, for text: without a byte order mark at its start, which is no symbol of it. Also throws Error,
/// with the offset, if there is a zero byte (a binary or UTF-16 file).
std::string read_text(const std::filesystem::path& path);

/// A path as messages name it: in single quotes, in full.
std::string source_name(const std::filesystem::path& path);

}  // namespace carousel
