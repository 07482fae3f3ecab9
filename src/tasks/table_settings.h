// Settings of every task over tables, and how settings of each type are declared.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "carousel/tasks/settings.h"

namespace carousel {

/// Settings that say how a table is read.
std::vector<Setting> table_settings();
Setting class_weights_setting();

/// "a,b, c" as names; spaces around them do not count.
std::vector<std::string> listed(const std::string& text);

Setting text_setting(const char* name, std::string value, std::string help);
Setting choice_setting(const char* name, std::string value, std::string help,
                       std::vector<std::string> choices);
Setting count_setting(const char* name, std::int64_t value, std::string help, double min, double max);
Setting flag_setting(const char* name, std::string help);

}  // namespace carousel
