// How tasks over tables read them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "carousel/data/table.h"
#include "carousel/data/table_file.h"
#include "carousel/tasks/settings.h"

namespace carousel {

/// Of the settings that table_settings() declares.
TableFormat table_format(const Settings& settings);

/// The paths of a setting: one, or several by commas where there is no file of the whole name. Throws Error when none was given.
std::vector<std::filesystem::path> table_paths(const Settings& settings, const std::string& name,
                                               const std::string& task);

/// Rows of another table below; it must have the columns of the first.
void append_table(Table& table, const Table& more);

/// Throws Error for a schema.json that is no JSON.
nlohmann::json parse_schema(const std::string& text);

}  // namespace carousel
