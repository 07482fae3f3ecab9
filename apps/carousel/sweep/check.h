// Whether train would take what a sweep gives it, asked before the first run starts.
#pragma once

#include "sweep/plan.h"

namespace carousel::cli {

/// Throws Error with train's own sentence for a value of any option but the seed that train refuses, with the others' first values or in a
/// setting of the plan (the first ten thousand). `whole`: every value also as train begins with it, up to where it would write: its data
/// is read and its network built, in a process of its own, for at most twenty seconds. What the system refuses there, as too
/// large a network, is left to its run.
void check_sweep(const SweepRequest& request, const SweepPlan& plan, const Registries& registries,
                 bool whole);

/// Whether less of the task's metric is better, from the task made with the first values. Throws Error as train would, SystemError
/// where the task could not be made.
bool lower_is_better(const SweepRequest& request, const Registries& registries);

/// The values of a run, for their options.
std::vector<Given> values_of(const SweepRequest& request, const SweepPlan& plan, const SweepRun& run);

}  // namespace carousel::cli
