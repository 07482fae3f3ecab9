// What series reads of its settings besides the request.
#pragma once

#include <string>
#include <vector>

#include "carousel/tasks/settings.h"

namespace carousel {

std::vector<Setting> series_settings();

/// The losses besides auto, in the order of SeriesLoss::Kind.
const std::vector<std::string>& loss_names();

}  // namespace carousel
