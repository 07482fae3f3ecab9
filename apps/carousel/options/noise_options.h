// What is dropped inside the recurrence while training, as options.
#pragma once

#include "carousel/recurrent/noise.h"

#include "options/option_group.h"
#include "options/option_values.h"

namespace carousel::cli {

OptionGroup noise_options();

/// What was asked for, of a cell. Throws Error for a zoneout that is no probability or names no state of the cell.
Noise asked_noise(const OptionValues& asked, const CellFacts& cell);

}  // namespace carousel::cli
