// The checkpoints of a run: best, last, and those of validations that --keep leaves there, update-000500.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "carousel/io/run_folder.h"

namespace carousel::cli {

/// "update-000500".
std::string kept_name(std::int64_t update);

/// What there is, best and last first, then the kept ones from the oldest on.
std::vector<std::string> checkpoint_names(const RunFolder& run);

/// "best, last, update-000500", for messages; "none" where there are none.
std::string checkpoint_list(const RunFolder& run);

/// The checkpoint of that name. Throws Error when there is none, with those there are.
std::filesystem::path named_checkpoint(const RunFolder& run, const std::string& name);

/// Where a stopped run goes on from: last, or best when the run was killed before it wrote its first last.
std::optional<std::filesystem::path> newest_checkpoint(const RunFolder& run);

/// Whether it was written after a validation, as those that are kept are.
bool is_of_validation(const std::filesystem::path& checkpoint);

/// Finishes what a killed process had begun, and removes what it had not finished: of the first validation best
/// is written before last, and both are the same. For the run's writer.
void tidy_checkpoints(const RunFolder& run);

/// Puts the checkpoint `from` in the place of `to` as well. Files of checkpoints are only ever replaced, so
/// both names may have the same ones, which costs no space; they are copied where the file system has no links.
void share_checkpoint(const std::filesystem::path& from, const std::filesystem::path& to);

/// Keeps `last`, written after `update`, under its own name, and of all that are kept the newest `count`.
void keep_last_checkpoint(const RunFolder& run, std::int64_t update, std::int64_t count);

/// Removes the kept ones that were written after `update`.
void drop_checkpoints_after(const RunFolder& run, std::int64_t update);

}  // namespace carousel::cli
