// The safetensors format: named tensors as raw bytes behind a JSON header, readable everywhere and unable to run code.
//
//   8 bytes   length N of the header, little-endian
//   N bytes   JSON: {"__metadata__": {text: text}, name: {"dtype": "F32", "shape": [4, 3], "data_offsets": [0, 48]}}
//   the rest  the tensors' data, row-major and little-endian, without gaps; offsets count from its first byte
//
// Nothing here knows torch: a tensor is a type, a shape and bytes. A file is hostile until it is checked, and
// reading takes time and memory in proportion to the file, whatever it claims. The format:
// https://github.com/huggingface/safetensors#format
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "carousel/io/tensor_view.h"

namespace carousel {

using SafetensorsMetadata = std::map<std::string, std::string>;

/// What a safetensors file holds, as views into its bytes.
struct SafetensorsContents {
  std::vector<TensorView> tensors;  ///< in the order of their data
  SafetensorsMetadata metadata;

  /// The tensor of that name, or null.
  const TensorView* find(std::string_view name) const;
};

/// Reads the header and checks all of it; the views point into `bytes`. Throws Error that names `source` and
/// the reason when the header is longer than the bytes or 100 MB, is not UTF-8 JSON of the form above, names
/// a tensor or field twice, or when types, shapes and offsets do not cover the data exactly once.
SafetensorsContents parse_safetensors(std::span<const std::byte> bytes, std::string_view source = "data");

/// A safetensors file in memory. Copies share the bytes.
class SafetensorsFile {
 public:
  /// Throws as parse_safetensors does.
  SafetensorsFile(std::string bytes, std::string_view source);

  const std::vector<TensorView>& tensors() const { return contents_.tensors; }
  const SafetensorsMetadata& metadata() const { return contents_.metadata; }
  const TensorView* find(std::string_view name) const { return contents_.find(name); }

 private:
  std::shared_ptr<const std::string> bytes_;
  SafetensorsContents contents_;
};

/// What the first 8 bytes alone give away: a header too long for its format or for the file, so that
/// gigabytes need not be read to be refused (see FileCheck). Throws as parse_safetensors does.
void check_safetensors_beginning(std::string_view beginning, std::uint64_t size, std::string_view source);

/// Throws as read_file and parse_safetensors do.
SafetensorsFile read_safetensors(const std::filesystem::path& path);

/// Writes the file atomically (see write_file_atomically). The same tensors give the same bytes in whatever
/// order they come: they are laid out from the widest type to the narrowest and by name, as the reference
/// library does, so that each is aligned to its type. Throws Error on a name that comes twice, is
/// "__metadata__" or not UTF-8, and on data whose size is not what shape and type need.
void write_safetensors(const std::filesystem::path& path, std::span<const TensorView> tensors,
                       const SafetensorsMetadata& metadata = {});

}  // namespace carousel
