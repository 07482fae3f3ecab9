#include "io/earlier_events.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <limits>
#include <protozero/pbf_reader.hpp>

#include <fmt/format.h>

#include "carousel/io/event_file.h"
#include "carousel/io/file.h"
#include "carousel/io/tfrecord.h"

namespace carousel {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = "events.out.tfevents.";
constexpr protozero::pbf_tag_type step_field = 2;

std::int64_t step_of(std::string_view data) try {
  protozero::pbf_reader event(data.data(), data.size());
  return event.next(step_field) ? event.get_int64() : 0;
} catch (const protozero::exception&) {
  return 0;
}

EarlierEvents look_through(std::string_view content, std::int64_t last_step) {
  EarlierEvents found;
  std::string_view rest = content;
  while (!rest.empty()) {
    const RecordLook look = look_at_record(rest);
    if (look.kind == RecordKind::cut_short) return found;
    if (look.kind == RecordKind::whole) {
      const std::string_view data = *first_record(rest);
      if (step_of(data) > last_step) return found;
      found.has_session |= data.find(session_start_tag) != std::string_view::npos;
    } else {
      found.damaged = true;
    }
    rest.remove_prefix(look.kind == RecordKind::damaged ? rest.size() : look.size);
    found.kept = content.size() - rest.size();
  }
  return found;
}

}  // namespace

std::vector<fs::path> event_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename().string().starts_with(prefix)) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

EarlierEvents shorten_events(const fs::path& path, std::int64_t last_step) {
  const std::string content = read_file(path);
  const EarlierEvents found = look_through(content, last_step);
  if (found.kept < content.size()) AppendFile(path, found.kept);
  return found;
}

fs::path new_event_file(const fs::path& folder) {
  auto time = static_cast<std::int64_t>(std::time(nullptr));
  for (const fs::path& path : event_files(folder)) {
    const std::string name = path.filename().string().substr(prefix.size());
    std::int64_t other = 0;
    std::from_chars(name.data(), name.data() + name.size(), other);
    time = std::max(time, other + 1);
  }
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  return folder / fmt::format("{}{:010}.{}.{}", prefix, time, host, ::getpid());
}

std::vector<fs::path> damaged_event_files(const fs::path& folder) {
  std::vector<fs::path> damaged;
  if (!fs::is_directory(folder)) return damaged;
  for (const fs::path& path : event_files(folder)) {
    if (look_through(read_file(path), std::numeric_limits<std::int64_t>::max()).damaged)
      damaged.push_back(path);
  }
  return damaged;
}

}  // namespace carousel
