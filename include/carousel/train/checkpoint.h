// What the folder of a checkpoint holds, and how it knows that it is whole.
//
//   model.safetensors       the weights, under torch's names
//   optimiser.safetensors   what the optimiser keeps: "<parameter>.exp_avg", "<parameter>.step", ...
//   trainer.safetensors     the random numbers' state, and the states that the next batch goes on from
//   state.json              counts, best and last validation, schedule; of each file above its bytes and their
//                           CRC-64, and of itself
//
// Nothing in it is run when it is read. A CRC-64 finds every single flipped bit for certain, and a file of
// another run but for one case in 2^64; it does not tell who wrote a file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include <nlohmann/json_fwd.hpp>

namespace carousel {

/// The content of state.json, once it and every file that it lists have proved to be what was saved. Throws
/// Error that names the file: missing, damaged, or of another format. Reads all files.
nlohmann::json checked_checkpoint(const std::filesystem::path& folder);

/// Checks one file, such as the model.safetensors that is to be evaluated, against the state.json beside it.
/// A file without one beside it, or that it does not list, is taken as it is. Throws as checked_checkpoint does.
void check_file_of_checkpoint(const std::filesystem::path& file);

/// Updates done in a checkpoint; nothing where there is none, or a damaged one. Reads all files.
std::optional<std::int64_t> checkpoint_update(const std::filesystem::path& folder);

}  // namespace carousel
