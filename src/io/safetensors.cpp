#include "carousel/io/safetensors.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "carousel/error.h"
#include "carousel/io/file.h"

#include "io/in_quotes.h"
#include "io/safetensors_header.h"
#include "io/tensor_bytes.h"

namespace carousel {
namespace {

constexpr std::size_t length_bytes = 8;
constexpr std::uint64_t longest_header = 100'000'000;
constexpr std::size_t alignment = 8;

void check_entry(const SafetensorsEntry& entry, std::uint64_t data_bytes) {
  if (entry.begin > entry.end || entry.end > data_bytes) {
    throw Error(fmt::format("tensor {} has data_offsets [{}, {}] outside the {} bytes of data",
                            in_quotes(entry.name), entry.begin, entry.end, data_bytes));
  }
  const std::uint64_t needed = bytes_needed(entry.name, entry.dtype, entry.shape);
  if (needed == entry.end - entry.begin) return;
  throw Error(
      fmt::format("tensor {} of type {} and shape [{}] needs {} bytes, but its data_offsets [{}, {}] hold {}",
                  in_quotes(entry.name), dtype_name(entry.dtype), fmt::join(entry.shape, ", "), needed,
                  entry.begin, entry.end, entry.end - entry.begin));
}

/// Sorts the entries by their data and checks that they cover it once and wholly.
void check_layout(std::vector<SafetensorsEntry>& entries, std::uint64_t data_bytes) {
  for (const auto& entry : entries) check_entry(entry, data_bytes);
  std::ranges::stable_sort(entries, {}, [](const auto& entry) { return std::pair(entry.begin, entry.end); });
  std::uint64_t covered = 0;
  for (const auto& entry : entries) {
    if (entry.begin < covered) {
      throw Error(
          fmt::format("tensor {} overlaps the one before it at byte {}", in_quotes(entry.name), entry.begin));
    }
    if (entry.begin > covered) {
      throw Error(fmt::format("bytes {} to {} before tensor {} belong to no tensor", covered, entry.begin,
                              in_quotes(entry.name)));
    }
    covered = entry.end;
  }
  if (covered != data_bytes) {
    throw Error(
        fmt::format("the last {} of {} bytes of data belong to no tensor", data_bytes - covered, data_bytes));
  }
}

/// From the first bytes of a file of that size.
std::uint64_t header_length(std::span<const std::byte> bytes, std::uint64_t size) {
  if (bytes.size() < length_bytes)
    throw Error(fmt::format("it has {} bytes where 8 are the least", bytes.size()));
  std::uint64_t length = 0;
  for (std::size_t i = length_bytes; i-- > 0;)
    length = length << 8 | std::to_integer<std::uint64_t>(bytes[i]);
  if (length > longest_header) throw Error(fmt::format("its header is {} bytes long, over 100 MB", length));
  if (length > size - length_bytes) {
    throw Error(fmt::format("its header is {} bytes long where {} are left in the file", length,
                            size - length_bytes));
  }
  return length;
}

SafetensorsContents parse(std::span<const std::byte> bytes) {
  const std::size_t length = header_length(bytes, bytes.size());
  const auto text = bytes.subspan(length_bytes, length);
  if (text.empty() || text[0] != std::byte{'{'}) throw Error("its header does not begin with '{'");
  const auto data = bytes.subspan(length_bytes + length);
  auto header = parse_safetensors_header({reinterpret_cast<const char*>(text.data()), text.size()});
  check_layout(header.entries, data.size());
  SafetensorsContents contents{.tensors = {}, .metadata = std::move(header.metadata)};
  for (auto& entry : header.entries) {
    contents.tensors.push_back({.name = std::move(entry.name),
                                .dtype = entry.dtype,
                                .shape = std::move(entry.shape),
                                .data = data.subspan(entry.begin, entry.end - entry.begin)});
  }
  return contents;
}

/// What `read` returns, or its Error with the file's name around the reason.
template <class Read> auto naming(std::string_view source, const Read& read) {
  try {
    return read();
  } catch (const Error& reason) {
    throw Error(fmt::format("'{}' is not a sound safetensors file: {}; save it again or fetch another copy",
                            source, reason.what()));
  }
}

SafetensorsHeader lay_out(std::span<const TensorView> tensors, const SafetensorsMetadata& metadata) {
  SafetensorsHeader header{.entries = {}, .metadata = metadata};
  std::uint64_t end = 0;
  std::vector<std::string_view> names;
  for (const auto& tensor : tensors) {
    if (tensor.name == metadata_key) throw Error("a tensor cannot be called \"__metadata__\"");
    names.push_back(tensor.name);
    const std::uint64_t begin = end;
    end += tensor.data.size();
    header.entries.push_back(
        {.name = tensor.name, .dtype = tensor.dtype, .shape = tensor.shape, .begin = begin, .end = end});
  }
  std::ranges::sort(names);
  const auto twice = std::ranges::adjacent_find(names);
  if (twice != names.end()) throw Error(fmt::format("{} comes twice", in_quotes(*twice)));
  check_layout(header.entries, end);
  return header;
}

std::string frame(std::string header) {
  header.append((alignment - header.size() % alignment) % alignment, ' ');
  std::string length;
  for (std::size_t i = 0; i < length_bytes; ++i) length += static_cast<char>(header.size() >> (8 * i) & 0xff);
  return length + header;
}

}  // namespace

std::vector<TensorView> in_file_order(std::span<const TensorView> tensors) {
  std::vector<TensorView> sorted(tensors.begin(), tensors.end());
  std::ranges::sort(sorted, [](const TensorView& a, const TensorView& b) {
    return a.dtype != b.dtype ? a.dtype > b.dtype : a.name < b.name;
  });
  return sorted;
}

std::string safetensors_front(std::span<const TensorView> sorted, const SafetensorsMetadata& metadata) {
  return frame(dump_safetensors_header(lay_out(sorted, metadata)));
}

const TensorView* SafetensorsContents::find(std::string_view name) const {
  const auto found = std::ranges::find(tensors, name, &TensorView::name);
  return found == tensors.end() ? nullptr : &*found;
}

SafetensorsContents parse_safetensors(std::span<const std::byte> bytes, std::string_view source) {
  return naming(source, [&] { return parse(bytes); });
}

void check_safetensors_beginning(std::string_view beginning, std::uint64_t size, std::string_view source) {
  const bool known = size > 0;
  naming(source, [&] {
    return header_length(std::as_bytes(std::span(beginning)), known ? size : ~std::uint64_t{0});
  });
}

SafetensorsFile::SafetensorsFile(std::string bytes, std::string_view source)
    : bytes_(std::make_shared<const std::string>(std::move(bytes))),
      contents_(parse_safetensors(std::as_bytes(std::span(*bytes_)), source)) {}

SafetensorsFile read_safetensors(const std::filesystem::path& path) {
  const auto check = [&](std::string_view beginning, std::uint64_t size) {
    check_safetensors_beginning(beginning, size, path.string());
  };
  return {read_file(path, check), path.string()};
}

void write_safetensors(const std::filesystem::path& path, std::span<const TensorView> tensors,
                       const SafetensorsMetadata& metadata) {
  const std::vector<TensorView> sorted = in_file_order(tensors);
  std::string header;
  try {
    header = safetensors_front(sorted, metadata);
  } catch (const Error& reason) {
    throw Error(fmt::format("cannot write '{}': {}; rename or reshape it", path.string(), reason.what()));
  }
  std::vector<std::span<const std::byte>> pieces{std::as_bytes(std::span(header))};
  for (const auto& tensor : sorted) pieces.push_back(tensor.data);
  write_pieces_atomically(path, pieces);
}

}  // namespace carousel
