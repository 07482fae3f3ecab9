// A sweep as an HTML page: the settings as a table, their runs as points, how the best ones learnt.
#pragma once

#include <nlohmann/json.hpp>

#include "sweep/result.h"

namespace carousel::cli {

/// What page_html takes. Reads the validations of the best settings' runs. Throws Error for a damaged run.
nlohmann::json sweep_page(const SweepResult& result);

}  // namespace carousel::cli
