// The comparison as tables, for the console and for the page.
#pragma once

#include <string>
#include <vector>

#include "compare/comparison.h"
#include "terminal/text_table.h"

namespace carousel::cli {

using Table = TextTable;

/// A line a quantity of the first batch: the check that is nearest to its tolerance, or beyond.
Table first_batch_table(const Comparison& comparison);

/// A line a training: losses, and the largest relative differences.
Table trajectory_table(const Comparison& comparison);

/// A line a network, float and double side by side: two comparisons with the same name are one line.
/// "training" is what differs most of losses, norms, validations and weights.
Table networks_table(const std::vector<Comparison>& comparisons);

/// "ok", "rounding" or "MISMATCH".
std::string agreement_text(Agreement agreement);

/// A difference in two digits: "1.2e-07", "0".
std::string shown_difference(double difference);

/// What float could not tell, of a check whose agreement is rounding; `count` checks are like it.
std::string rounding_text(const Check& check, std::size_t count);

/// "1e-05", or "bit for bit" for 0.
std::string shown_tolerance(double tolerance);

}  // namespace carousel::cli
