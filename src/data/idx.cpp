#include "carousel/data/idx.h"

#include <string>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "carousel/data/file.h"
#include "carousel/error.h"

namespace carousel {
namespace {

std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

std::int64_t big_endian(std::string_view bytes, std::size_t at) {
  std::int64_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value * 256 + byte_at(bytes, at + i);
  return value;
}

void check_magic(std::string_view bytes, const std::string& source) {
  if (bytes.substr(0, 2) == "\x1F\x8B")
    throw Error(fmt::format("{} is packed with gzip; unpack it with gunzip", source));
  if (bytes.size() < 4) {
    throw Error(fmt::format("{} ends at byte offset {}, inside its first four bytes; fetch it again", source,
                            bytes.size()));
  }
  for (std::size_t at = 0; at < 2; ++at) {
    if (byte_at(bytes, at) != 0) {
      throw Error(fmt::format(
          "{} is not an idx file: byte offset {} holds 0x{:02x} instead of 0; give MNIST's unpacked files",
          source, at, byte_at(bytes, at)));
    }
  }
  if (byte_at(bytes, 2) != 0x08) {
    throw Error(
        fmt::format("{} holds values of type 0x{:02x} (byte offset 2); give one of unsigned bytes, type 0x08",
                    source, byte_at(bytes, 2)));
  }
  if (byte_at(bytes, 3) != 1 && byte_at(bytes, 3) != 3) {
    throw Error(fmt::format("{} has {} dimensions (byte offset 3); give one with 1 (labels) or 3 (images)",
                            source, byte_at(bytes, 3)));
  }
}

std::vector<std::int64_t> read_shape(std::string_view bytes, const std::string& source) {
  const std::size_t dimensions = byte_at(bytes, 3);
  const std::size_t header = 4 + 4 * dimensions;
  if (bytes.size() < header) {
    throw Error(fmt::format("{} ends at byte offset {}, inside its header of {} bytes; fetch it again",
                            source, bytes.size(), header));
  }
  std::vector<std::int64_t> shape;
  const auto held = static_cast<std::int64_t>(bytes.size() - header);
  std::int64_t count = 1;
  bool fits = true;  // dividing, not multiplying: three hostile dimensions overflow 64 bits
  for (std::size_t d = 0; d < dimensions; ++d) {
    shape.push_back(big_endian(bytes, 4 + 4 * d));
    if (shape.back() == 0)
      throw Error(fmt::format("{} has a dimension of 0 (byte offset {}); fetch it again", source, 4 + 4 * d));
    fits = fits && count <= held / shape.back();
    if (fits) count *= shape.back();
  }
  if (!fits || count != held) {
    throw Error(fmt::format(
        "{} claims {} values in its header, but {} bytes follow from byte offset {}; fetch it again", source,
        fmt::join(shape, " x "), held, header));
  }
  return shape;
}

}  // namespace

IdxArray read_idx(const std::filesystem::path& path) {
  const auto bytes = read_data(path);
  check_magic(bytes, source_name(path));
  auto shape = read_shape(bytes, source_name(path));
  const auto header = static_cast<std::ptrdiff_t>(4 + 4 * shape.size());
  return {std::move(shape), {bytes.begin() + header, bytes.end()}};
}

LabelledImages read_labelled_images(const std::filesystem::path& images,
                                    const std::filesystem::path& labels) {
  auto pixels = read_idx(images), classes = read_idx(labels);
  if (pixels.shape.size() != 3)
    throw Error(fmt::format("{} holds labels; give a file of images", source_name(images)));
  if (classes.shape.size() != 1)
    throw Error(fmt::format("{} holds images; give a file of labels", source_name(labels)));
  if (pixels.shape[0] != classes.shape[0]) {
    throw Error(fmt::format("{} has {} images but {} has {} labels; give two files of the same part",
                            source_name(images), pixels.shape[0], source_name(labels), classes.shape[0]));
  }
  return {pixels.shape[0], pixels.shape[1], pixels.shape[2], std::move(pixels.values),
          std::move(classes.values)};
}

}  // namespace carousel
