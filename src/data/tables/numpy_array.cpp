#include "data/tables/numpy_array.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "carousel/data/text.h"
#include "carousel/error.h"

namespace carousel {
namespace {

constexpr std::string_view magic = "\x93NUMPY";

std::uint32_t little_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte)
    value = value << 8 | static_cast<unsigned char>(*byte);
  return value;
}

/// The header's text and where the values begin.
std::pair<std::string_view, std::size_t> header_of(std::string_view bytes) {
  if (!bytes.starts_with(magic))
    throw Error("does not begin as a .npy file does; give one that numpy.save wrote");
  const unsigned version = bytes.size() > 6 ? static_cast<unsigned char>(bytes[6]) : 0;
  if (bytes.size() > 6 && (version < 1 || version > 3))
    throw Error(fmt::format("has version {} of the format, of which 1 to 3 are known", version));
  const std::size_t length_bytes = version == 1 ? 2 : 4, begin = 8 + length_bytes;
  const std::size_t length =
      bytes.size() < begin ? bytes.size() : little_endian(bytes.substr(8, length_bytes));
  if (bytes.size() < begin || length > bytes.size() - begin)
    throw Error("was cut off in its header; save it again");
  return {bytes.substr(begin, length), begin + length};
}

/// What follows "'key':" in the dictionary.
std::string_view entry_of(std::string_view header, std::string_view key) {
  const auto at = header.find(fmt::format("'{}'", key));
  const auto colon = at == header.npos ? at : header.find(':', at);
  if (colon == header.npos) throw Error(fmt::format("has a header without '{}'; save it again", key));
  auto rest = header.substr(colon + 1);
  return rest.substr(std::min(rest.find_first_not_of(' '), rest.size()));
}

std::string type_of(std::string_view header) {
  const auto entry = entry_of(header, "descr");
  const auto end = entry.find_first_of("',]", 1);
  const auto name = entry.starts_with('\'') && end != entry.npos ? entry.substr(1, end - 1) : "records";
  if (name.starts_with('>')) throw Error("is big-endian; save it as little-endian: array.astype('<f8')");
  if (name.find('O') != name.npos)
    throw Error("holds Python objects; save it as numbers: array.astype('<f8')");
  static constexpr std::string_view known[] = {"b1", "i1", "i2", "i4", "i8", "u1",
                                               "u2", "u4", "u8", "f2", "f4", "f8"};
  const auto type = name.substr(std::min<std::size_t>(1, name.size()));
  if (std::ranges::find(known, type) == std::end(known))
    throw Error(
        fmt::format("holds values of the type {}; save it as numbers: array.astype('<f8')", shown(name)));
  return std::string(type);
}

bool is_fortran(std::string_view header) {
  const auto entry = entry_of(header, "fortran_order");
  if (!entry.starts_with("True") && !entry.starts_with("False"))
    throw Error(
        fmt::format("has a header with {} for 'fortran_order'; save it again", shown(entry.substr(0, 8))));
  return entry.starts_with("True");
}

std::vector<std::size_t> shape_of(std::string_view header) {
  const auto entry = entry_of(header, "shape");
  const auto end = entry.find(')');
  if (!entry.starts_with('(') || end == entry.npos)
    throw Error("has a header without a shape; save it again");
  std::vector<std::size_t> shape;
  for (const auto part : split(entry.substr(1, end - 1), ',')) {
    if (trim(part).empty()) continue;  // "(3,)"
    const auto size = parse_number<std::size_t>(trim(part));
    if (!size) throw Error(fmt::format("has a shape with {} in it; save it again", shown(trim(part))));
    shape.push_back(*size);
  }
  const auto text = visible(entry.substr(0, std::min<std::size_t>(end + 1, 60)));
  if (shape.empty() || shape.size() > 3)
    throw Error(fmt::format("has the shape {}; give an array [rows], [rows, columns] or [N, T, C]", text));
  if (std::ranges::find(shape, 0u) != shape.end())
    throw Error(fmt::format("has the shape {} and so no values; give one with values", text));
  return shape;
}

double half_to_double(std::uint16_t half) {
  const int exponent = half >> 10 & 31, fraction = half & 1023;
  double value = std::ldexp(exponent == 0 ? fraction : fraction + 1024, std::max(exponent, 1) - 25);
  if (exponent == 31) value = fraction == 0 ? INFINITY : NAN;
  return (half & 0x8000) != 0 ? -value : value;
}

template <class Number> Number number_at(const char* bytes) {
  Number number;
  std::memcpy(&number, bytes, sizeof number);
  return number;
}

/// Whether shape times `bytes` is what the data have, without an overflow on the way.
bool fills(const std::vector<std::size_t>& shape, std::size_t bytes, std::size_t data) {
  for (const auto size : shape) {
    if (size > data / bytes) return false;
    bytes *= size;
  }
  return bytes == data;
}

}  // namespace

double NumpyArray::value(std::size_t at) const {
  const std::size_t size = static_cast<std::size_t>(type[1] - '0');
  const char* bytes = data.data() + at * size;
  switch (type[0] << 8 | type[1]) {
    case 'f' << 8 | '8':
      return number_at<double>(bytes);
    case 'f' << 8 | '4':
      return number_at<float>(bytes);
    case 'f' << 8 | '2':
      return half_to_double(number_at<std::uint16_t>(bytes));
    case 'i' << 8 | '8':
      return static_cast<double>(number_at<std::int64_t>(bytes));
    case 'i' << 8 | '4':
      return number_at<std::int32_t>(bytes);
    case 'i' << 8 | '2':
      return number_at<std::int16_t>(bytes);
    case 'i' << 8 | '1':
      return number_at<std::int8_t>(bytes);
    case 'u' << 8 | '8':
      return static_cast<double>(number_at<std::uint64_t>(bytes));
    case 'u' << 8 | '4':
      return number_at<std::uint32_t>(bytes);
    case 'u' << 8 | '2':
      return number_at<std::uint16_t>(bytes);
    case 'b' << 8 | '1':
      return *bytes != 0 ? 1 : 0;
    default:
      return number_at<std::uint8_t>(bytes);
  }
}

NumpyArray parse_npy(std::string_view bytes) {
  static_assert(std::endian::native == std::endian::little);
  const auto [header, begin] = header_of(bytes);
  NumpyArray array{
      .type = type_of(header), .shape = shape_of(header), .strides = {}, .data = bytes.substr(begin)};
  if (!fills(array.shape, static_cast<std::size_t>(array.type[1] - '0'), array.data.size())) {
    throw Error(fmt::format(
        "has the shape ({}) of values of {} bytes, but {} bytes follow; it was cut off or is damaged",
        fmt::join(array.shape, ", "), array.type[1], array.data.size()));
  }
  const bool fortran = is_fortran(header);
  array.strides.resize(array.shape.size());
  std::size_t stride = 1;
  for (std::size_t i = 0; i < array.shape.size(); ++i) {
    const auto dimension = fortran ? i : array.shape.size() - 1 - i;
    array.strides[dimension] = stride;
    stride *= array.shape[dimension];
  }
  return array;
}

}  // namespace carousel
