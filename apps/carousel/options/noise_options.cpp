#include "options/noise_options.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "carousel/data/text.h"
#include "carousel/error.h"

namespace carousel::cli {

namespace {

double probability_of(std::string_view text) {
  const auto number = parse_number<double>(text);
  if (number && *number >= 0.0 && *number < 1.0) return *number;
  throw Error(fmt::format("--zoneout has '{}': a probability is at least 0 and below 1", text));
}

std::size_t state_of(std::string_view name, const CellFacts& cell) {
  const auto found = std::ranges::find(cell.states, name);
  if (found != cell.states.end()) return static_cast<std::size_t>(found - cell.states.begin());
  throw Error(fmt::format("--zoneout names the state '{}': {} has {}", name, cell.name,
                          fmt::join(cell.states, ", ")));
}

/// "0.1" for every state, or "h=0.05,c=0.5".
std::vector<double> zoneout_of(std::string_view text, const CellFacts& cell) {
  if (text.find('=') == std::string_view::npos)
    return std::vector<double>(cell.states.size(), probability_of(text));
  std::vector<double> zoneout(cell.states.size(), 0.0);
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    const auto entry = text.substr(0, comma);
    const auto equals = std::min(entry.find('='), entry.size());
    zoneout[state_of(entry.substr(0, equals), cell)] =
        probability_of(entry.substr(std::min(equals + 1, entry.size())));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return zoneout;
}

}  // namespace

OptionGroup noise_options() {
  OptionGroup g("Noise in the recurrence");
  g.number("drop-hidden", 0.0, share,
           "variational dropout: share of the h that the recurrent matrix reads, one mask a sequence");
  g.number("drop-input", 0.0, share, "the same of what a layer reads");
  g.number("drop-update", 0.0, share,
           "recurrent dropout: share of what the write gate lets in, drawn every step");
  g.number("drop-weights", 0.0, share, "share of the recurrent matrix' entries, one mask an update");
  g.text("zoneout", "0", "P", "share of the units that keep their value a step: P, or of states h=P,c=P")
      .holds_commas = true;
  return g;
}

std::string noise_text(const OptionValues& asked) {
  std::vector<std::string> parts;
  for (const Option& option : noise_options().options()) {
    if (asked.text(option.name) != option.value) parts.push_back(option.name + " " + asked.text(option.name));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

Noise asked_noise(const OptionValues& asked, const CellFacts& cell) {
  return {.hidden = asked.number("drop-hidden"),
          .input = asked.number("drop-input"),
          .update = asked.number("drop-update"),
          .weight = asked.number("drop-weights"),
          .zoneout = zoneout_of(asked.text("zoneout"), cell)};
}

}  // namespace carousel::cli
