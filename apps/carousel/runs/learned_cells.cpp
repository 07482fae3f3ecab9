#include "runs/learned_cells.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>

#include <fmt/format.h>

#include "carousel/data/text.h"
#include "carousel/error.h"
#include "carousel/io/file.h"
#include "carousel/recurrent/load_cell.h"

#include "options/toml.h"
#include "runs/run_record.h"

namespace carousel::cli {
namespace {

namespace fs = std::filesystem;

bool is_cell_file(const std::string& value) {
  const fs::path path(value);
  const auto ending = path.extension();
  const bool source =
      ending == ".h" || ending == ".hpp" || ending == ".hh" || ending == ".cpp" || ending == ".cc";
  return source || value.find('/') != std::string::npos;
}

class Learner {
 public:
  explicit Learner(CellRegistry& cells) : cells_(cells) {}

  /// The cell that a run keeps, where it keeps one.
  void from_run(const fs::path& run) {
    const fs::path file = run / cell_file_of_run, meta = run / "meta.json";
    std::error_code ignored;
    if (!fs::exists(meta, ignored)) return;
    const std::string source = read_file(file);
    const auto noted = read_json(meta).value("cell", nlohmann::json::object());
    if (noted.value("hash", "") != cell_hash(source)) {
      throw Error(
          fmt::format("'{}' has changed since the run began: restore it, or start a new run with --cell {}",
                      file.string(), file.string()));
    }
    const LoadedCell loaded = load_cell_text(source, noted.value("file", file.filename().string()));
    cells_.add(loaded);
    runs_.emplace(loaded.cell.facts.name, run);
  }

  void from_file(const std::string& file) {
    const LoadedCell loaded = load_cell(file);
    const std::string name(loaded.cell.facts.name);
    const auto run = runs_.find(name);
    if (run != runs_.end() && cells_.find(name).source != loaded.source) {
      throw Error(fmt::format(
          "'{}' is not the cell that the run '{}' was trained with, which is its cell.h: leave --cell out, "
          "or start a new run",
          file, run->second.string()));
    }
    cells_.add(loaded);
  }

  /// Those of a list of cells that are files.
  void from_list(const std::string& list) {
    for (const auto value : split(list, ',')) {
      if (is_cell_file(std::string(value))) from_file(std::string(value));
    }
  }

 private:
  CellRegistry& cells_;
  std::map<std::string, fs::path, std::less<>> runs_;  // by the name of the cell that they keep
};

/// A word, or the value behind its '='.
std::string value_of(const std::string& word) {
  const auto equals = word.find('=');
  return word.starts_with("--") && equals != std::string::npos ? word.substr(equals + 1) : word;
}

/// Learns of the runs at a path: itself, what it lies in, or what lies in it.
void learn_runs(const fs::path& path, Learner& learner) {
  std::error_code ignored;
  if (path.empty() || !fs::exists(path, ignored)) return;
  constexpr int deepest = 4;  // RUN/checkpoints/best/model.safetensors
  fs::path run = fs::absolute(path, ignored);
  for (int up = 0; up < deepest && !run.empty(); ++up, run = run.parent_path()) {
    if (fs::exists(run / cell_file_of_run, ignored)) return learner.from_run(run);
  }
  if (!fs::is_directory(path, ignored)) return;
  for (const auto& entry : fs::directory_iterator(path, ignored)) {
    if (fs::exists(entry.path() / cell_file_of_run, ignored)) learner.from_run(entry.path());
  }
}

/// A configuration's cell; what else is wrong with the file is told where it is read.
void learn_configuration(const std::string& file, Learner& learner) {
  std::vector<Given> values;
  try {
    values = read_toml(file);
  } catch (const std::exception&) {
    return;
  }
  for (const Given& given : values) {
    if (given.name == "cell") learner.from_list(given.text);
  }
}

}  // namespace

void learn_cells(const Words& words, Registries& registries) {
  Learner learner(registries.cells);
  for (const auto& word : words) learn_runs(value_of(word), learner);
  for (std::size_t i = 0; i < words.size(); ++i) {
    for (const std::string option : {"--cell", "--cells", "--config"}) {
      const bool apart = words[i] == option && i + 1 < words.size();
      if (!apart && !words[i].starts_with(option + "=")) continue;
      const std::string value = apart ? words[i + 1] : value_of(words[i]);
      option == "--config" ? learn_configuration(value, learner) : learner.from_list(value);
    }
  }
  for (const char* name : {"CAROUSEL_CELL", "CAROUSEL_CELLS"}) {
    if (const char* value = std::getenv(name)) learner.from_list(value);
  }
}

void name_cells(std::vector<Given>& values, const CellRegistry& cells) {
  for (Given& given : values) {
    if (given.name == "cell") given.text = cell_name(given.text, cells);
  }
}

std::string cell_name(const std::string& value, const CellRegistry& cells) {
  std::error_code ignored;
  if (!is_cell_file(value) || !fs::is_regular_file(value, ignored)) return value;
  const std::string source = read_file(value);
  for (const auto& name : cells.names()) {
    if (cells.find(name).source == source) return name;
  }
  return value;
}

}  // namespace carousel::cli
