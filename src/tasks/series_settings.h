// What series reads of its settings besides the request.
#pragma once

#include <vector>

#include "carousel/tasks/settings.h"

namespace carousel {

std::vector<Setting> series_settings();

}  // namespace carousel
