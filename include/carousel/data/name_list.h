// A list of names, one a line: many short texts that a model learns to start and to end.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "carousel/data/corpus.h"

namespace carousel {

/// The token that closes a name, and starts the next one when sampling. Its symbol is the line end, which no
/// name holds.
inline constexpr std::int32_t end_of_name = 0;

/// Names as tokens of one alphabet.
struct NameList {
  Alphabet alphabet;                             // "\n", then every symbol that occurs, in code point order
  std::vector<std::vector<std::int32_t>> names;  // in file order, each closed by end_of_name
};

/// The names of a text, one a line (LF or CR LF). Spaces and tabs around a name and blank lines at the end
/// are dropped; upper case stays. Throws Error with the line if a blank line stands before a name, and as
/// split_symbols.
NameList parse_names(std::string_view text, Encoding encoding = Encoding::characters,
                     std::string_view source = "the name list");

/// As parse_names, under a given alphabet that starts with "\n". A symbol outside it throws Error with the line.
NameList parse_names(std::string_view text, Encoding encoding, Alphabet alphabet, std::string_view source);

/// The names of a file. Throws as read_text and parse_names.
NameList read_names(const std::filesystem::path& path, Encoding encoding = Encoding::characters);
NameList read_names(const std::filesystem::path& path, Encoding encoding, Alphabet alphabet);

}  // namespace carousel
