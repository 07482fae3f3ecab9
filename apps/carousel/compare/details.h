// Both sides' numbers next to each other: what the tables of largest differences leave out.
#pragma once

#include "compare/tables.h"

namespace carousel::cli {

/// A line a parameter: its gradient's size and difference.
Table parameters_table(const Comparison& comparison);

/// Some steps from the first to the last, and the norm of every state's gradient there.
Table steps_table(const Comparison& comparison);

/// Some updates from the first to the last: loss, gradient norm before clipping and rate.
Table updates_table(const Trajectory& trajectory);

}  // namespace carousel::cli
