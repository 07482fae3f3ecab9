// The lines of a record such as metrics.jsonl: which a resumed run keeps, and which are damaged.
//
// Every line is written whole, by one write, and a process that is killed in it leaves a last line without its
// end. Whatever else is no line of a record was damaged by someone else: it is said, and it stays.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "carousel/io/file.h"
#include "carousel/io/json_text.h"

namespace carousel::cli {

/// A line, from 1, without its newline.
struct RecordLine {
  std::size_t number = 0;
  std::string_view text;
  std::size_t begin = 0, end = 0;  ///< bytes in the file, with the newline
  bool whole = true;               ///< whether it has its newline
};
std::vector<RecordLine> lines_in(std::string_view content);

/// The update that a line is of; nothing for a damaged one.
std::optional<std::int64_t> update_in(const nlohmann::json& line);

/// The line as JSON; discarded when it is none.
inline nlohmann::json parsed(const RecordLine& line) {
  return parse_json(line.text);
}

/// The highest update of a file of JSON lines; 0 where there is none.
std::int64_t last_update_in(const std::filesystem::path& path);

/// Opens a file of JSON lines and drops those of updates after `updates`, and a last one cut short. Adds a
/// sentence to `damages` for every line in between that is damaged; it is left as it is, and so is all after it.
AppendFile open_up_to(const std::filesystem::path& path, std::int64_t updates,
                      std::vector<std::string>& damages);

}  // namespace carousel::cli
