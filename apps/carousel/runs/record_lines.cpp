#include "runs/record_lines.h"

#include <algorithm>

#include <fmt/format.h>

namespace carousel::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct RecordCut {
  std::uint64_t kept = 0;            ///< bytes
  bool lacks_newline = false;        ///< at their end
  std::vector<std::size_t> damaged;  ///< lines among them
};

RecordCut cut_after(std::string_view content, std::int64_t updates) {
  RecordCut cut;
  std::vector<std::size_t> strange;  // since the last line that is kept: damaged, or of a later update
  bool later = false;
  for (const RecordLine& line : lines_in(content)) {
    const auto update = update_in(parsed(line));
    if (update && *update <= updates) {
      cut.damaged.insert(cut.damaged.end(), strange.begin(), strange.end());
      strange.clear();
      later = false;
      cut.kept = line.end;
      cut.lacks_newline = !line.whole;
    } else if (line.whole) {
      later |= update.has_value();
      strange.push_back(line.number);
      if (!later) {  // nothing later has come: it belongs to what is kept
        cut.damaged.push_back(line.number);
        strange.clear();
        cut.kept = line.end;
      }
    }
  }
  return cut;
}

}  // namespace

std::vector<RecordLine> lines_in(std::string_view content) {
  std::vector<RecordLine> lines;
  for (std::size_t begin = 0; begin < content.size(); begin = lines.back().end) {
    const std::size_t newline = content.find('\n', begin);
    const bool whole = newline != std::string_view::npos;
    const std::size_t stop = whole ? newline : content.size();
    lines.push_back(
        {lines.size() + 1, content.substr(begin, stop - begin), begin, stop + (whole ? 1 : 0), whole});
  }
  return lines;
}

std::optional<std::int64_t> update_in(const json& line) {
  const auto update = line.is_object() ? line.find("update") : line.end();
  if (!line.is_object() || update == line.end() || !update->is_number_integer()) return {};
  return update->get<std::int64_t>();
}

std::int64_t last_update_in(const fs::path& path) {
  const std::string content = read_file(path);
  std::int64_t last = 0;
  for (const RecordLine& line : lines_in(content)) last = std::max(last, update_in(parsed(line)).value_or(0));
  return last;
}

AppendFile open_up_to(const fs::path& path, std::int64_t updates, std::vector<std::string>& damages) {
  const RecordCut cut = fs::exists(path) ? cut_after(read_file(path), updates) : RecordCut{};
  for (const std::size_t line : cut.damaged) {
    damages.push_back(fmt::format(
        "'{}' is damaged in line {}: that line and all others were left as they are; delete or restore it",
        path.string(), line));
  }
  AppendFile file(path, cut.kept);
  if (cut.lacks_newline) file.append("");
  return file;
}

}  // namespace carousel::cli
