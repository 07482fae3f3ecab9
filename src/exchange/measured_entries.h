// What the shapes of a recurrent module's entries say of it.
//
//   weight_hh_l0 [G H, H]           full
//                [n, G d, d]        n heads of d units
//                [G H]              diagonal         G and H are not told
//                none               none             G and H are not told
//
// Where G and H are not told, learned vectors and initial states [H] or a layer above, weight_ih_l1 [G H, D H], tell H.
#pragma once

#include <string>

#include "exchange/recurrent_entries.h"

namespace carousel {

/// Sets sizes, recurrence, blocks, bias and learn_start from the first layer and the one above; hidden_size and blocks stay
/// 0 where no shape tells them. Throws Error when a layer's weights are missing, or shapes contradict each other.
void measure(RecurrentEntries& found, const std::string& source);

}  // namespace carousel
