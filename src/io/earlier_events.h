// The event files that a folder has already, for one that goes on after them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

namespace carousel {

inline constexpr std::string_view session_start_tag = "_hparams_/session_start_info";

/// In the order in which TensorBoard reads them.
std::vector<std::filesystem::path> event_files(const std::filesystem::path& folder);

/// The time in seconds, or later where a file of that time is there: the names give the order.
std::filesystem::path new_event_file(const std::filesystem::path& folder);

struct EarlierEvents {
  std::uint64_t kept = 0;  ///< bytes up to the first record after the last step, or one cut short
  bool has_session = false, damaged = false;
};

/// Cuts off what comes after `last_step`, and a last record cut short. What is damaged elsewhere stays.
EarlierEvents shorten_events(const std::filesystem::path& path, std::int64_t last_step);

}  // namespace carousel
