// The safetensors reader on any bytes: it refuses them with an Error, or what it accepts lies within them,
// covers them once, and is the same after it was written and read again. An input that starts with '{' stands
// for a header whose length is right, with a zero byte between it and the data: else most inputs would fail
// at the length.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "carousel/error.h"
#include "carousel/io/safetensors.h"

#include "fuzz/require.h"
#include "io/safetensors_header.h"

namespace {

using namespace carousel;

bool is_within(std::span<const std::byte> part, std::span<const std::byte> whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

std::string written(const SafetensorsContents& contents) {
  const auto sorted = in_file_order(contents.tensors);
  std::string file = safetensors_front(sorted, contents.metadata);
  for (const auto& tensor : sorted) {
    file.append(reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size());
  }
  return file;
}

void check(const SafetensorsContents& contents, std::span<const std::byte> bytes) {
  std::size_t covered = 0;
  for (const auto& tensor : contents.tensors) {
    REQUIRE(is_within(tensor.data, bytes));
    covered += tensor.data.size();
  }
  REQUIRE(covered <= bytes.size());
  const std::string file = written(contents);
  const auto again = parse_safetensors(std::as_bytes(std::span(file)));
  REQUIRE(again.metadata == contents.metadata && again.tensors.size() == contents.tensors.size());
  for (const auto& tensor : contents.tensors) {
    const auto* twin = again.find(tensor.name);
    REQUIRE(twin && twin->dtype == tensor.dtype && twin->shape == tensor.shape);
    REQUIRE(std::ranges::equal(twin->data, tensor.data));
  }
}

std::string with_length(std::string input) {
  const std::size_t length = std::min(input.find('\0'), input.size());
  std::string file;
  for (int i = 0; i < 8; ++i) file += static_cast<char>(length >> (8 * i) & 0xff);
  return file + input.substr(0, length) + input.substr(std::min(length + 1, input.size()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string file(reinterpret_cast<const char*>(data), size);
  if (file.starts_with('{')) file = with_length(std::move(file));
  const auto bytes = std::as_bytes(std::span(file));
  SafetensorsContents contents;
  try {
    contents = parse_safetensors(bytes);
  } catch (const Error&) {
    return 0;
  }
  check(contents, bytes);
  return 0;
}
