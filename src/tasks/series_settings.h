// What series reads of its settings besides the request.
#pragma once

#include <string>
#include <vector>

#include "carousel/tasks/settings.h"

namespace carousel {

/// Settings that say how a table is read: of every task over tables.
std::vector<Setting> table_settings();
std::vector<Setting> series_settings();

/// "a,b, c" as names; spaces around them do not count.
std::vector<std::string> listed(const std::string& text);

}  // namespace carousel
