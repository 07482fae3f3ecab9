#include "report/run.h"

#include <limits>
#include <optional>

#include "carousel/io/file.h"
#include "carousel/io/json_text.h"
#include "carousel/io/run_folder.h"

#include "options/toml.h"
#include "runs/record_lines.h"
#include "runs/run_record.h"

namespace carousel::cli {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Calls `use` with every line of a .jsonl file. A last line without its end is passed over.
template <class Use> void each_line(const fs::path& path, Use use) {
  const std::string content = read_file(path);
  for (const RecordLine& line : lines_in(content)) {
    if (!line.whole) return;
    try {
      use(parse_json(line.text));
    } catch (const json::exception&) {
      throw Error(fmt::format("'{}' is damaged in line {}: delete or restore that line, then start again",
                              path.string(), line.number));
    }
  }
}

std::optional<double> number_of(const json& value) {
  if (value.is_null()) return not_a_number;
  return value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
}

void add_numbers(const json& line, double update, const std::string& prefix, Columns& columns) {
  for (const auto& [key, value] : line.items()) {
    if (value.is_object()) add_numbers(value, update, prefix + key + "/", columns);
    if (const auto number = number_of(value)) columns[prefix + key].push_back({update, *number});
  }
}

void read_metrics(const fs::path& path, RunRecords& records) {
  if (!fs::exists(path)) {
    throw Error(fmt::format("'{}' is missing: there is nothing to report before the first update of a run",
                            path.string()));
  }
  each_line(path, [&](json line) {
    const double update = line.at("update").get<double>();
    const bool validation = line.at("kind").get<std::string>() == "validation";
    if (!line.at("loss").is_null()) line["loss"].get<double>();  // null: it was not finite
    add_numbers(line, update, "", validation ? records.validations : records.updates);
  });
}

/// Two passes, so that of a very long record only what is shown stays in memory.
void read_flow(RunRecords& records) {
  const fs::path path = records.norms_path();
  if (!fs::exists(path)) return;
  each_line(path, [&](const json& line) {
    line.at("update").get<std::int64_t>();
    for (const json& layer : line.at("layers")) layer.at("layer").get<int>();
    ++records.flow_lines;
  });
  const std::vector<std::size_t> kept = evenly(records.flow_lines, most_cells);
  std::size_t number = 0;
  each_line(path, [&](json line) {
    const std::size_t next = records.flow.size();
    if (next < kept.size() && kept[next] == number++) records.flow.push_back(std::move(line));
  });
}

void read_spikes(RunRecords& records) {
  records.watched_spikes = fs::exists(records.spikes_path());
  if (!records.watched_spikes) return;
  each_line(records.spikes_path(), [&](json line) {
    line.at("update").get<std::int64_t>();
    records.spikes.push_back(std::move(line));
  });
}

json optional_json(const fs::path& path) {
  return fs::exists(path) ? read_json(path) : json();
}

/// The gate that keeps the memory: as the analysis says, else the one that cells call forget or update.
std::string keep_gate_of(const RunRecords& records) {
  if (records.analysis.is_object() && records.analysis.contains("keep_gate")) {
    const json& gate = records.analysis["keep_gate"];
    return gate.is_string() ? gate.get<std::string>() : "";
  }
  if (const auto bias = records.meta.find("forget_bias"); bias != records.meta.end() && !bias->empty())
    return bias->front().value("gate", "");
  return "";
}

const ChartPoints& column(const Columns& columns, const std::string& key) {
  static const ChartPoints nothing;
  const auto found = columns.find(key);
  return found == columns.end() ? nothing : found->second;
}

}  // namespace

const ChartPoints& RunRecords::update_column(const std::string& key) const {
  return column(updates, key);
}

const ChartPoints& RunRecords::validation_column(const std::string& key) const {
  return column(validations, key);
}

RunRecords read_run_records(const fs::path& path) {
  const RunFolder folder = RunFolder::open(path);
  RunRecords records;
  records.name = folder.name();
  records.path = folder.path();
  records.meta = read_json(folder.meta());
  if (fs::exists(folder.config())) {
    for (const Given& given : read_toml(folder.config())) records.options[given.name] = given.text;
  }
  read_metrics(folder.metrics(), records);
  read_flow(records);
  read_spikes(records);
  records.verdict = optional_json(records.verdict_path());
  records.analysis = optional_json(records.analysis_path());
  records.of_table = fs::exists(folder.path() / "schema.json");
  records.keep_gate = reading(folder.meta(), [&] { return keep_gate_of(records); });
  return records;
}

std::vector<double> numbers_of(const json& list) {
  std::vector<double> numbers;
  for (const json& value : list) numbers.push_back(value.is_null() ? not_a_number : value.get<double>());
  return numbers;
}

}  // namespace carousel::cli
