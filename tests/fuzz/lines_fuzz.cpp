// metrics.jsonl of any bytes, as a resumed run finds it: what is kept ends with a line, says the same when it is
// cut again, and becomes a table with a row for every update.
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "carousel/io/file.h"

#include "fuzz/require.h"
#include "runs/metrics_table.h"
#include "runs/record_lines.h"

namespace {

/// In memory where there is such a folder: the target writes two files each time.
std::filesystem::path folder() {
  const std::filesystem::path memory = "/dev/shm";
  return std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
}

/// Both files, gone at the end.
struct Files {
  std::filesystem::path lines = folder() / fmt::format("carousel-fuzz-{}.jsonl", ::getpid());
  std::filesystem::path table = folder() / fmt::format("carousel-fuzz-{}.csv", ::getpid());
  ~Files() {
    std::filesystem::remove(lines);
    std::filesystem::remove(table);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace carousel;
  static const Files files;
  static const cli::MetricColumns columns = cli::metric_columns({"forget"}, "accuracy");
  const std::string_view content(reinterpret_cast<const char*>(data), size);
  if (content.find("update") == std::string_view::npos)
    return 0;  // most inputs, and files take longer than all else
  AppendFile(files.lines, 0).append_bytes(content);
  const auto cut = [] {
    std::vector<std::string> damages;
    cli::open_up_to(files.lines, 5, damages);
    return damages.size();
  };
  const std::size_t damages = cut();
  const std::string kept = read_file(files.lines);
  REQUIRE(kept.empty() || kept.back() == '\n');
  REQUIRE(content.starts_with(kept) ||
          content.starts_with(std::string_view(kept).substr(0, kept.size() - 1)));
  if (damages > 0 || kept != content)  // else it would be the same call once more
    REQUIRE(cut() == damages && read_file(files.lines) == kept);
  const cli::MetricsTable table(files.table, columns, files.lines, 5);
  REQUIRE(read_file(files.table).starts_with("update,loss,"));
  return 0;
}
