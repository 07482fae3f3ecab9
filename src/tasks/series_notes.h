// What was found and decided about a table, a sentence each.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tasks/series_data.h"

namespace carousel {

/// Rows and windows of each part, and how they were cut: "in time".
std::string split_note(const SeriesData& data, const std::vector<std::int8_t>& part, const std::string& how);

/// What is predicted from what, the split where there is one, gaps, what is missing, and what forecasts are relative to.
std::vector<std::string> series_notes(const SeriesData& data, const std::string& split);

}  // namespace carousel
