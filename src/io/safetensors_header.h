// The JSON header of a safetensors file, read event by event so that no claim in it costs more than its own
// length.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "carousel/io/safetensors.h"

namespace carousel {

struct SafetensorsEntry {
  std::string name;
  DType dtype = DType::F32;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;  ///< bytes from the first byte of the data
  std::uint64_t end = 0;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;
  SafetensorsMetadata metadata;
};

inline constexpr std::string_view metadata_key = "__metadata__";

/// Throws Error with the bare reason ("tensor "w" has no shape"). Offsets are not yet compared with anything.
SafetensorsHeader parse_safetensors_header(std::string_view json);

/// The header as JSON without spaces. Throws Error with the bare reason when a text is not UTF-8.
std::string dump_safetensors_header(const SafetensorsHeader& header);

/// A text from a file, fit for a message: in quotes, control and foreign characters escaped, cut when long.
std::string in_quotes(std::string_view text);

}  // namespace carousel
