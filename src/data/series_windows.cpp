#include "carousel/data/series_windows.h"

#include <algorithm>
#include <cmath>

namespace carousel {
namespace {

struct Run {
  std::int64_t first, end;
  std::int64_t length() const { return end - first; }
};

bool is_dropped(const SeriesFrame& frame, std::int64_t place) {
  return !frame.dropped.empty() && frame.dropped[static_cast<std::size_t>(place)];
}

/// The frame's segments, those that a gap alone divides as one.
std::vector<std::int64_t> across_gaps(const SeriesFrame& frame, const SeriesOrder& order) {
  auto segments = frame.segments;
  std::erase_if(segments, [&](std::int64_t place) {
    const bool gap = std::ranges::binary_search(order.gaps, place);
    const bool group = std::ranges::binary_search(order.groups, place);
    return gap && !group && !is_dropped(frame, place) && !is_dropped(frame, place - 1);
  });
  return segments;
}

/// Segments without rows that were left out, cut where the part changes.
template <class Each>
void for_each_run(const SeriesFrame& frame, const std::vector<std::int64_t>& segments,
                  const std::vector<std::int8_t>& part, Each each) {
  for (std::size_t s = 0; s + 1 < segments.size(); ++s) {
    std::int64_t first = segments[s];
    if (is_dropped(frame, first)) continue;
    for (auto i = first; i < segments[s + 1]; ++i) {
      const bool last = i + 1 == segments[s + 1];
      if (!last && part[static_cast<std::size_t>(i + 1)] == part[static_cast<std::size_t>(i)]) continue;
      each(Run{first, i + 1}, part[static_cast<std::size_t>(i)]);
      first = i + 1;
    }
  }
}

/// Whether any target is known at one of these places.
bool has_truth(const SeriesFrame& frame, std::int64_t first, std::int64_t end) {
  return std::ranges::any_of(frame.truth, [&](const std::vector<double>& values) {
    return std::any_of(values.begin() + first, values.begin() + end, [](double v) { return !std::isnan(v); });
  });
}

SeriesWindow window(std::int64_t first, std::int64_t length, std::int64_t burn_in = 0) {
  return {first, static_cast<std::int32_t>(length), static_cast<std::int32_t>(burn_in)};
}

void add_forecasts(const SeriesFrame& frame, const SeriesSchema& schema, Run run, std::int64_t stride,
                   std::vector<SeriesWindow>& windows) {
  const std::int64_t length = schema.burn_in + schema.window;
  for (auto first = run.first; first + length + schema.horizon <= run.end; first += stride) {
    if (has_truth(frame, first + length, first + length + schema.horizon))
      windows.push_back(window(first, length, schema.burn_in));
  }
}

/// A run in pieces of the window's length, each after burn-in of what comes before it, where there is that much.
void add_steps(const SeriesFrame& frame, const SeriesSchema& schema, Run run,
               std::vector<SeriesWindow>& windows) {
  const std::int64_t piece = schema.window > 0 ? schema.window : run.length();
  for (auto first = run.first; first < run.end; first += piece) {
    const auto end = std::min(first + piece, run.end), from = std::max(run.first, first - schema.burn_in);
    const auto burnt = std::min(first == run.first ? schema.burn_in : first - from, end - from);
    if (burnt < end - from && has_truth(frame, from + burnt, end))
      windows.push_back(window(from, end - from, burnt));
  }
}

}  // namespace

std::array<std::vector<SeriesWindow>, 3> windows_of(const SeriesFrame& frame, const SeriesOrder& order,
                                                    const SeriesSchema& schema,
                                                    const std::vector<std::int8_t>& part, std::int64_t stride,
                                                    bool restart_at_gaps) {
  std::array<std::vector<SeriesWindow>, 3> windows;
  if (schema.predict == PredictKind::sequence) {
    for (const auto& whole : windows_to_answer(frame, order, schema, 0)) {
      const auto of = part[static_cast<std::size_t>(whole.first)];
      if (of >= 0 && has_truth(frame, whole.first, whole.first + whole.length))
        windows[static_cast<std::size_t>(of)].push_back(whole);
    }
    return windows;
  }
  const bool across = restart_at_gaps && schema.predict == PredictKind::step;
  const auto segments = across ? across_gaps(frame, order) : frame.segments;
  for_each_run(frame, segments, part, [&](Run run, std::int8_t of) {
    if (of < 0) return;
    auto& found = windows[static_cast<std::size_t>(of)];
    if (schema.predict == PredictKind::forecast) {
      add_forecasts(frame, schema, run, of == 0 ? stride : 1, found);
    } else {
      add_steps(frame, schema, run, found);
    }
  });
  return windows;
}

std::vector<SeriesWindow> windows_to_answer(const SeriesFrame& frame, const SeriesOrder& order,
                                            const SeriesSchema& schema, std::int64_t every) {
  std::vector<SeriesWindow> windows;
  if (schema.predict != PredictKind::forecast) {
    for (std::size_t g = 0; g + 1 < order.groups.size(); ++g)
      windows.push_back(window(order.groups[g], order.groups[g + 1] - order.groups[g]));
    return windows;
  }
  const std::int64_t length = schema.burn_in + schema.window;
  const std::vector<std::int8_t> one_part(static_cast<std::size_t>(frame.places), 0);
  for_each_run(frame, frame.segments, one_part, [&](Run run, std::int8_t) {
    const std::int64_t ahead =
        schema.has_known_ahead() ? schema.horizon : 0;  // their future must be in the table
    std::vector<SeriesWindow> back;
    for (auto first = run.end - ahead - length; first >= run.first; first -= every) {
      back.push_back(window(first, length, schema.burn_in));
      if (every == 0) break;
    }
    windows.insert(windows.end(), back.rbegin(), back.rend());
  });
  return windows;
}

}  // namespace carousel
