// state.json of a checkpoint: written last, over the other files.
#pragma once

#include <filesystem>

#include <nlohmann/json.hpp>

namespace carousel {

/// Writes state.json with the hashes of all other files in the folder.
void write_checkpoint_state(const std::filesystem::path& folder, nlohmann::json state);

/// A count of a checkpoint: a whole number from 0 on. Throws json's exceptions where it is not.
std::int64_t count_in(const nlohmann::json& state, const char* key);

}  // namespace carousel
