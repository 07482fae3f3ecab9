// How tasks over tables read them.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "carousel/data/table.h"
#include "carousel/data/table_file.h"
#include "carousel/tasks/settings.h"
#include "carousel/tasks/task_registry.h"

namespace carousel {

/// Of the settings that table_settings() declares.
TableFormat table_format(const Settings& settings);

/// The paths of a setting: one, or several by commas where there is no file of the whole name. Throws Error when none was given.
std::vector<std::filesystem::path> table_paths(const Settings& settings, const std::string& name,
                                               const std::string& task);

/// The table that the settings name, with those to validate and to test on below it.
struct TableParts {
  Table table;
  std::array<std::int64_t, 2> ends{};  ///< rows at which --data and --valid-data end
  bool by_files = false;               ///< whether there are such files
};

/// A table that is answered is --data alone, or the context's. The other files must have its columns, of its kinds.
TableParts read_table_parts(const Settings& settings, TableFormat format, const TaskContext& context,
                            const std::string& task);

/// The table's rows and where they come from, without what they hold.
Table without_columns(const Table& table);

/// The accuracy of always answering the commonest class of the training part, which is `share` of a split.
Baseline majority_baseline(double share, const std::string& name, Split split);

/// Throws Error for a schema.json that is no JSON.
nlohmann::json parse_schema(const std::string& text);

}  // namespace carousel
