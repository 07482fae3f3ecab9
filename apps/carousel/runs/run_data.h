// The data of a run from outside: where it is, and whether it is still what the run was trained on.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "carousel/tasks/task_registry.h"

#include "options/option_values.h"

namespace carousel::cli {

/// What meta.json keeps of every path setting whose file or folder is there: its whole path, the bytes and a
/// CRC-32C of them; of a folder, of all files in it and their names.
///
///   {"text": {"path": "/home/ada/my.txt", "bytes": 1115394, "crc32c": "5a0c64b3"}}
nlohmann::json data_facts(const TaskSpec& task, const OptionValues& values);

/// Whether it has that form.
bool are_data_facts(const nlohmann::json& facts);

/// Whether a setting is one of those in `facts`.
inline bool is_data(const nlohmann::json& facts, const std::string& setting) {
  return facts.is_object() && facts.contains(setting);
}

/// Sets each of them to where its data is: as the value says, or else at the whole path that was kept, for a
/// command that is given in another folder.
void find_data(const nlohmann::json& facts, OptionValues& values);

/// The same, and throws Error where the data is not there any more, or not what it was.
void find_same_data(const nlohmann::json& facts, OptionValues& values);

}  // namespace carousel::cli
