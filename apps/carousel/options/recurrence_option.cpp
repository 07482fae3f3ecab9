#include "options/recurrence_option.h"

#include "options/option_group.h"

namespace carousel::cli {

Option recurrence_option() {
  return OptionGroup("Model").text(
      "recurrence", "cell", "SHAPE",
      "which units' h a unit reads: full (all), heads:N (those of its head), diagonal (its own), none; "
      "cell: as the cell says");
}

std::optional<Recurrence> asked_recurrence(const OptionValues& asked) {
  const std::string& text = asked.text("recurrence");
  return text == "cell" ? std::nullopt : std::optional(Recurrence::parse(text));
}

}  // namespace carousel::cli
