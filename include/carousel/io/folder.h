// Replacing a folder whole, such as checkpoints/last, so that a reader always finds either the old or the new one.
#pragma once

#include <filesystem>

namespace carousel {

/// Makes the folder, and what is missing above it; what was in it is deleted. Throws Error or SystemError as
/// replace_folder.
void make_empty_folder(const std::filesystem::path& folder);

/// Puts the fully written folder `temporary` in the place of `final`, which may exist; both must have the
/// same parent. Everything in `temporary` is synced first. Where the file system can exchange two names, it
/// is one atomic step; elsewhere the old folder first moves to aside_name(final), where recover_folder finds
/// it. The old one is deleted last. Throws Error when a path is not a folder, SystemError when the system
/// refuses (`final` is then as it was).
void replace_folder(const std::filesystem::path& temporary, const std::filesystem::path& final);

/// What a reader calls before opening `final`: when it is missing because a process died inside
/// replace_folder, moves the old folder back. Returns whether it did. Throws SystemError when the system refuses.
bool recover_folder(const std::filesystem::path& final);

/// Where replace_folder keeps the old folder for a moment: `.last.old` beside `last`.
std::filesystem::path aside_name(const std::filesystem::path& final);

/// Deletes what processes of this machine that are gone have left in a folder under the names of temporary
/// files, when they were killed while they wrote one. What cannot be deleted stays.
void remove_left_behind(const std::filesystem::path& folder);

}  // namespace carousel
