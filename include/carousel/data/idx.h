// The idx format of MNIST: images and labels as unsigned bytes.
//
//   byte 0, 1   zero
//   byte 2      type of a value; 0x08 is an unsigned byte
//   byte 3      number of dimensions n
//   4 n bytes   the dimensions, big-endian unsigned 32 bit
//   the rest    the values, last dimension fastest
// Source: LeCun, Cortes and Burges, "The MNIST database of handwritten digits", section "File formats".
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace carousel {

/// An array of unsigned bytes in row-major order; values.size() is the product of the shape.
struct IdxArray {
  std::vector<std::int64_t> shape;
  std::vector<std::uint8_t> values;
};

/// Reads an unpacked idx file of unsigned bytes with 1 dimension (labels) or 3 (images). Throws Error if the
/// file is anything else, or if its header claims more or fewer values than follow; a claim is checked before
/// it is allocated.
IdxArray read_idx(const std::filesystem::path& path);

/// Images of one size, each with its class.
struct LabelledImages {
  std::int64_t count = 0, rows = 0, columns = 0;
  std::vector<std::uint8_t> pixels;  // [count, rows, columns], 0 background to 255 ink
  std::vector<std::uint8_t> labels;  // [count]
};

/// Reads an image file and its label file. Throws Error if one has the other's dimensions or the counts differ.
LabelledImages read_labelled_images(const std::filesystem::path& images, const std::filesystem::path& labels);

}  // namespace carousel
