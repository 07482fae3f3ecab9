// Files of torch.save put together by hand, sound or not.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "carousel/io/torch_file.h"

#include "io/safetensors_bytes.h"
#include "io/zip_archive.h"

namespace carousel::pickled {

inline std::string little_endian(std::uint64_t number, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(number >> (8 * i) & 0xff);
  return text;
}

inline std::string text(const std::string& content) {
  return "X" + little_endian(content.size(), 4) + content;
}

inline std::string integer(std::int64_t number) {
  return "\x8a\x08" + little_endian(static_cast<std::uint64_t>(number), 8);
}

inline std::string global(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}

inline std::string tuple(const std::vector<std::int64_t>& numbers) {
  std::string items = "(";
  for (const auto number : numbers) items += integer(number);
  return items + "t";
}

inline std::string dict(const std::vector<std::pair<std::string, std::string>>& items) {
  std::string made = "}(";
  for (const auto& [key, value] : items) made += text(key) + value;
  return made + "u";
}

inline std::string storage(const std::string& key, const std::string& type, std::int64_t elements) {
  return "(" + text("storage") + global("torch", type) + text(key) + text("cpu") + integer(elements) + "tQ";
}

/// A tensor of 32-bit floats in storage 0, which has four elements unless it is said otherwise.
inline std::string tensor(std::int64_t offset, const std::vector<std::int64_t>& sizes,
                          const std::vector<std::int64_t>& strides, std::int64_t elements = 4) {
  return global("torch._utils", "_rebuild_tensor_v2") + "(" + storage("0", "FloatStorage", elements) +
         integer(offset) + tuple(sizes) + tuple(strides) + "\x89" + "}tR";
}

inline std::string program(const std::string& value) {
  return "\x80\x02" + value + ".";
}

/// The archive around a pickle and its storages.
inline std::string file(const std::string& pickle,
                        const std::vector<std::string>& storages = {std::string(16, '\1')}) {
  std::vector<ZipEntry> entries{{"archive/data.pkl", bytes_of(pickle)}};
  for (std::size_t i = 0; i < storages.size(); ++i) {
    entries.push_back({"archive/data/" + std::to_string(i), bytes_of(storages[i])});
  }
  return zip_stored(entries);
}

inline std::string sound_file() {
  return file(program(dict({{"w", tensor(0, {2, 2}, {2, 1})}})));
}

/// The data of the only state dict's tensors.
inline std::vector<std::string> read_all(const std::string& bytes) {
  const TorchFile opened(bytes, "m.pt");
  std::vector<std::string> data;
  for (const auto& view : opened.tensors()) {
    auto& copy = data.emplace_back(view.bytes(), '\0');
    view.copy_to(std::as_writable_bytes(std::span(copy)));
  }
  return data;
}

}  // namespace carousel::pickled
