// The JSON header of a safetensors file, read event by event so that no claim in it costs more than its own length.
#pragma once

#include <cstdint>
#include <span>
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

/// Tensors in the order in which their data are written.
std::vector<TensorView> in_file_order(std::span<const TensorView> tensors);

/// What comes before the data of these tensors, in file order: the header's length and the header, padded.
/// Throws Error with the bare reason, see write_safetensors.
std::string safetensors_front(std::span<const TensorView> sorted, const SafetensorsMetadata& metadata);

}  // namespace carousel
