// Separate recurrent modules one after the other, as public forecasting models write them, read as the layers of one:
//
//   lstm1.weight_ih [4H, I]  lstm2.weight_ih [4H, H]   ->   weight_ih_l0 [4H, I], weight_ih_l1 [4H, H]
#pragma once

#include <string>
#include <vector>

#include "exchange/recurrent_entries.h"

namespace carousel {

/// The modules in the order of their names, which differ in a number at one place: lstm and lstm2, net.0 and net.3.
/// Throws Error naming them when the names tell no order, and naming two of them when these are not of one cell, differ
/// in directions, biases or hidden size, or when the second does not read as many values as the first gives.
RecurrentEntries stacked(std::vector<RecurrentEntries> modules, const std::string& source);

}  // namespace carousel
