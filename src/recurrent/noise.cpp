#include "carousel/recurrent/noise.h"

#include <fmt/format.h>

#include "carousel/error.h"

namespace carousel {

namespace {

void check_probability(const char* what, double p) {
  if (p >= 0.0 && p < 1.0) return;
  throw Error(fmt::format("{} is {}: it must be at least 0 and below 1", what, p));
}

}  // namespace

void Noise::check(const CellFacts& cell, const Recurrence& recurrence, bool elementwise) const {
  check_probability("dropout of the hidden state", hidden);
  check_probability("dropout of the input", input);
  check_probability("dropout of the update", update);
  check_probability("dropout of recurrent weights", weight);
  for (const double p : zoneout) check_probability("zoneout", p);
  if (zoneout.size() > cell.states.size()) {
    throw Error(fmt::format("zoneout has {} probabilities, but {} has {} states: give one a state, or fewer",
                            zoneout.size(), cell.name, cell.states.size()));
  }
  if (!elementwise && (hidden > 0.0 || update > 0.0 || weight > 0.0)) {
    throw Error(
        fmt::format("the step of {} has a product of its own, so its hidden state, update and recurrent "
                    "weights cannot be dropped: use zoneout or dropout of the input",
                    cell.name));
  }
  if (recurrence.form == Recurrence::Form::none && (hidden > 0.0 || weight > 0.0)) {
    throw Error(
        fmt::format("{} has no recurrent product here, so that there is no hidden state and no recurrent "
                    "weight to drop: use zoneout, or dropout of the update or of the input",
                    cell.name));
  }
  if (update > 0.0 && cell.write_gate < 0) {
    throw Error(
        fmt::format("{} names no write gate, so there is no update to drop: use zoneout, or dropout of the "
                    "hidden state",
                    cell.name));
  }
}

}  // namespace carousel
