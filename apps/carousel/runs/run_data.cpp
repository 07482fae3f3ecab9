#include "runs/run_data.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <vector>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/io/tfrecord.h"

namespace carousel::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct DataSum {
  std::uint64_t bytes = 0;
  std::uint32_t crc = 0;

  void add(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::array<char, 1 << 16> block;
    while (stream.read(block.data(), block.size()), stream.gcount() > 0) {
      const std::string_view read(block.data(), static_cast<std::size_t>(stream.gcount()));
      crc = crc32c(read, crc);
      bytes += read.size();
    }
  }
  std::string crc_text() const { return fmt::format("{:08x}", crc); }
};

DataSum sum_of(const fs::path& path) {
  DataSum sum;
  if (!fs::is_directory(path)) return sum.add(path), sum;
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  for (const fs::path& file : files) {
    sum.crc = crc32c(file.lexically_relative(path).string(), sum.crc);
    sum.add(file);
  }
  return sum;
}

/// A pipe or a device cannot be read twice.
bool can_be_read_again(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) || fs::is_directory(path, ignored);
}

bool is_same(const json& fact, const fs::path& path) {
  if (!can_be_read_again(path)) return false;
  const DataSum sum = sum_of(path);
  return sum.bytes == fact.at("bytes").get<std::uint64_t>() && sum.crc_text() == fact.at("crc32c");
}

bool has_option(const OptionValues& values, const std::string& name) {
  return std::ranges::find(values.all(), name, &Option::name) != values.all().end();
}

[[noreturn]] void refuse_data(const std::string& setting, const json& fact, const std::string& path) {
  const std::string kept = fact.at("path");
  if (!can_be_read_again(path)) {
    throw Error(
        fmt::format("the run's data '{}' is not there any more (it was '{}'): give its new place by "
                    "--{}, or restore it",
                    path, kept, setting));
  }
  throw Error(
      fmt::format("the data '{}' is not what the run was trained on ({} bytes now, {} then, or "
                  "others of the same length): give its place by --{}, restore it, or start a new run",
                  path, sum_of(path).bytes, fact.at("bytes").get<std::uint64_t>(), setting));
}

}  // namespace

json data_facts(const TaskSpec& task, const OptionValues& values) {
  json facts = json::object();
  for (const Setting& setting : task.settings) {
    if (!setting.is_path) continue;  // a column may be called as a file is
    const std::string& path = values.text(setting.name);
    if (path.empty() || !can_be_read_again(path)) continue;
    const DataSum sum = sum_of(path);
    facts[setting.name] = {{"path", fs::absolute(path).lexically_normal().string()},
                           {"bytes", sum.bytes},
                           {"crc32c", sum.crc_text()}};
  }
  return facts;
}

bool are_data_facts(const json& facts) {
  return facts.is_object() && std::ranges::all_of(facts, [](const json& fact) {
           return fact.is_object() && fact.value("path", json()).is_string() &&
                  fact.value("bytes", json()).is_number_unsigned() &&
                  fact.value("crc32c", json()).is_string();
         });
}

void find_data(const json& facts, OptionValues& values) {
  for (const auto& [setting, fact] : facts.items()) {
    if (!has_option(values, setting)) continue;
    const std::string kept = fact.at("path");
    if (!can_be_read_again(values.text(setting)) && can_be_read_again(kept)) values.choose(setting, kept);
  }
}

void find_same_data(const json& facts, OptionValues& values) {
  for (const auto& [setting, fact] : facts.items()) {
    if (!has_option(values, setting)) continue;
    const std::string asked = values.text(setting), kept = fact.at("path");
    if (is_same(fact, asked)) continue;
    // A relative path may lead to another file from here.
    if (fs::path(asked).is_absolute() || !is_same(fact, kept)) refuse_data(setting, fact, asked);
    values.choose(setting, kept);
  }
}

}  // namespace carousel::cli
