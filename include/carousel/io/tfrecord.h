// TFRecord, the framing of TensorBoard's event files: records one after the other, each with checksums, so
// that what a killed process left is readable up to its last whole record.
//
//   8 bytes   length N of the data, little-endian
//   4 bytes   masked CRC-32C of those 8
//   N bytes   data
//   4 bytes   masked CRC-32C of the data
//
// https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace carousel {

/// The CRC-32 with Castagnoli's polynomial (RFC 3720, B.4), of bytes that may follow others: pass theirs as `before`.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);

/// The checksum as it stands in a file: turned by 15 bits and shifted by a constant, so that the checksum of
/// data that holds checksums means something.
std::uint32_t masked_crc32c(std::string_view bytes);

/// Appends one record to a buffer.
void append_record(std::string& buffer, std::string_view data);

/// The data of the record at the start of `bytes`; the next one follows after record_size(data). Nothing at
/// the end, and where a record is cut short or damaged.
std::optional<std::string_view> first_record(std::string_view bytes);

/// How the bytes begin: with a record; with the first bytes of one that was cut short; with one whose length
/// is sound and whose data is not; or with something else, after which no other record can be found.
enum class RecordKind { whole, cut_short, damaged_data, damaged };
struct RecordLook {
  RecordKind kind = RecordKind::cut_short;
  std::size_t size = 0;  ///< bytes of the record; 0 where that is not known
};
RecordLook look_at_record(std::string_view bytes);

/// Bytes that a record takes.
inline std::size_t record_size(std::string_view data) {
  return data.size() + 16;
}

}  // namespace carousel
