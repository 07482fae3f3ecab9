// What is dropped inside the recurrence while training, as options.
#pragma once

#include "carousel/recurrent/noise.h"

#include "options/option_group.h"
#include "options/option_values.h"

namespace carousel::cli {

OptionGroup noise_options();

/// "drop-hidden 0.2, zoneout h=0.1"; "" where nothing is dropped.
std::string noise_text(const OptionValues& asked);

/// What was asked for, of a cell. Throws Error for a zoneout that is no probability or names no state of the cell.
Noise asked_noise(const OptionValues& asked, const CellFacts& cell);

}  // namespace carousel::cli
