#include "carousel/data/file.h"

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/io/file.h"

namespace carousel {

std::string source_name(const std::filesystem::path& path) {
  return fmt::format("'{}'", path.string());
}

std::string read_data(const std::filesystem::path& path) {
  auto bytes = read_file(path);
  if (bytes.empty()) throw Error(fmt::format("{} is empty; give a file with contents", source_name(path)));
  return bytes;
}

std::string read_text(const std::filesystem::path& path) {
  auto text = read_data(path);
  if (const auto zero = text.find('\0'); zero != std::string::npos) {
    throw Error(
        fmt::format("{} is not text: byte offset {} holds a zero byte; give a plain text file in UTF-8",
                    source_name(path), zero));
  }
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) text.erase(0, byte_order_mark.size());
  if (text.empty()) {
    throw Error(fmt::format("{} holds a byte order mark and nothing else; give a file with contents",
                            source_name(path)));
  }
  return text;
}

}  // namespace carousel
