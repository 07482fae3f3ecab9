// --recurrence, of the commands that build a network of their own.
#pragma once

#include <optional>

#include "carousel/cells/recurrence.h"

#include "options/option.h"
#include "options/option_values.h"

namespace carousel::cli {

Option recurrence_option();

/// What was asked for; nothing where the cell says it. Throws Error for a word that is none.
std::optional<Recurrence> asked_recurrence(const OptionValues& asked);

}  // namespace carousel::cli
