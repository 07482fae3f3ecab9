// Which rows one example has. None crosses a group or a part; a gap only where it is said.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "carousel/data/series_frame.h"

namespace carousel {

/// `length` rows from a place on, the first `burn_in` of them without loss. A forecast answers the `horizon` rows after them.
struct SeriesWindow {
  std::int64_t first = 0;
  std::int32_t length = 0, burn_in = 0;
};

/// The windows of train, valid and test. Forecasts: every `stride` rows of the training part, every row of the others;
/// those without any known target are left out. Steps: one after the other without overlap but for the burn-in, across
/// gaps with `restart_at_gaps`. Sequences: whole groups.
std::array<std::vector<SeriesWindow>, 3> windows_of(const SeriesFrame& frame, const SeriesOrder& order,
                                                    const SeriesSchema& schema,
                                                    const std::vector<std::int8_t>& part, std::int64_t stride,
                                                    bool restart_at_gaps = false);

/// Windows to answer a table with: of forecasts those that end at the last row of each group, and every `every` rows before it (0: only
/// there); of steps and sequences whole groups.
std::vector<SeriesWindow> windows_to_answer(const SeriesFrame& frame, const SeriesOrder& order,
                                            const SeriesSchema& schema, std::int64_t every);

}  // namespace carousel
