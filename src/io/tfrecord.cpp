#include "carousel/io/tfrecord.h"

#include <array>
#include <cstddef>

namespace carousel {
namespace {

constexpr std::uint32_t polynomial = 0x82f63b78;  // Castagnoli's, lowest bit first

constexpr auto table = [] {
  std::array<std::uint32_t, 256> remainders{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t remainder = byte;
    for (int bit = 0; bit < 8; ++bit) remainder = remainder >> 1 ^ (remainder & 1 ? polynomial : 0);
    remainders[byte] = remainder;
  }
  return remainders;
}();

template <class Number> void append_little_endian(std::string& buffer, Number number) {
  for (std::size_t byte = 0; byte < sizeof(Number); ++byte)
    buffer.push_back(static_cast<char>(number >> 8 * byte & 0xff));
}

template <class Number> Number little_endian(std::string_view bytes) {
  Number number = 0;
  for (std::size_t byte = 0; byte < sizeof(Number); ++byte)
    number |= static_cast<Number>(static_cast<unsigned char>(bytes[byte])) << 8 * byte;
  return number;
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes, std::uint32_t before) {
  std::uint32_t remainder = ~before;
  for (const char c : bytes)
    remainder = table[(remainder ^ static_cast<unsigned char>(c)) & 0xff] ^ remainder >> 8;
  return ~remainder;
}

std::uint32_t masked_crc32c(std::string_view bytes) {
  const std::uint32_t crc = crc32c(bytes);
  return (crc >> 15 | crc << 17) + 0xa282ead8;
}

void append_record(std::string& buffer, std::string_view data) {
  const std::size_t start = buffer.size();
  append_little_endian(buffer, static_cast<std::uint64_t>(data.size()));
  append_little_endian(buffer, masked_crc32c(std::string_view(buffer).substr(start)));
  buffer += data;
  append_little_endian(buffer, masked_crc32c(data));
}

RecordLook look_at_record(std::string_view bytes) {
  constexpr std::size_t head = 12;
  if (bytes.size() < head) return {RecordKind::cut_short};
  const auto length = little_endian<std::uint64_t>(bytes);
  if (little_endian<std::uint32_t>(bytes.substr(8)) != masked_crc32c(bytes.substr(0, 8)))
    return {RecordKind::damaged};
  if (bytes.size() < record_size({}) || length > bytes.size() - record_size({}))
    return {RecordKind::cut_short};
  const std::string_view data = bytes.substr(head, length);
  const bool sound = little_endian<std::uint32_t>(bytes.substr(head + length)) == masked_crc32c(data);
  return {sound ? RecordKind::whole : RecordKind::damaged_data, record_size(data)};
}

std::optional<std::string_view> first_record(std::string_view bytes) {
  const RecordLook look = look_at_record(bytes);
  if (look.kind != RecordKind::whole) return {};
  return bytes.substr(12, look.size - record_size({}));
}

}  // namespace carousel
