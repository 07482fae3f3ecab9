#include "sweep/summary.h"

#include <algorithm>

#include <fmt/format.h>

#include "carousel/text.h"

namespace carousel::cli {
namespace {

constexpr std::size_t most_named = 8;
/// Three runs a side do not overlap by chance alone in one case of ten, four in one of thirty-five.
constexpr std::size_t least_seeds = 4;

/// Medians of what those runs have that have it.
template <class Figure> std::optional<double> median_of(const SettingSummary& setting, Figure figure) {
  std::vector<double> values;
  for (const RunFigures* run : setting.runs) {
    if (const auto value = figure(*run); run->done && value) values.push_back(static_cast<double>(*value));
  }
  return values.empty() ? std::nullopt : std::optional(median(values));
}

void finish(SettingSummary& setting) {
  for (const RunFigures* run : setting.runs) {
    setting.failed += run->done ? 0 : 1;
    setting.learnt += run->learnt ? 1 : 0;
    if (!run->verdict.empty()) ++setting.verdicts[run->verdict];
    if (run->metric) setting.metrics.push_back(*run->metric);
  }
  using Updates = std::optional<std::int64_t>;
  using Seconds = std::optional<double>;
  setting.updates = median_of(setting, [](const RunFigures& run) { return Updates(run.updates); });
  setting.seconds = median_of(setting, [](const RunFigures& run) { return Seconds(run.seconds); });
  setting.goal_updates = median_of(setting, [](const RunFigures& run) { return run.goal_update; });
  setting.goal_seconds = median_of(setting, [](const RunFigures& run) { return run.goal_seconds; });
  if (setting.metrics.empty()) return;
  setting.median = median(setting.metrics);
  const auto [low, high] = std::ranges::minmax(setting.metrics);
  setting.range = {low, high};
  setting.sure = interval_of_median(setting.metrics);
}

bool has_few_seeds(const SettingSummary& setting) {
  return setting.metrics.size() < least_seeds;
}

/// Whether the seeds explain the difference: with few on either side nothing is known of it.
bool is_alike(const SettingSummary& one, const SettingSummary& other) {
  if (has_few_seeds(one) || has_few_seeds(other)) return true;
  const auto [low, high] = interval_of_difference(one.metrics, other.metrics);
  return low <= 0.0 && high >= 0.0;
}

std::string names_of(const std::vector<const SettingSummary*>& settings) {
  std::vector<std::string> names;
  for (const SettingSummary* setting : settings) {
    if (names.size() < most_named) names.push_back(fmt::format("'{}'", setting->name));
  }
  std::string text = join(names);
  if (settings.size() > most_named) text += fmt::format(" and {} more", settings.size() - most_named);
  return text;
}

std::vector<std::string> comparison(const std::vector<SettingSummary>& settings) {
  const SettingSummary& best = settings.front();
  std::vector<const SettingSummary*> alike, worse;
  for (const SettingSummary& other : settings) {
    if (&other == &best || !other.median || other.is_broken()) continue;
    (other.like_best ? alike : worse).push_back(&other);
  }
  if (alike.empty() && worse.empty()) return {};
  if (std::ranges::all_of(settings, has_few_seeds))
    return {
        "there are fewer than four runs a setting, so whether they differ by more than seeds do is not "
        "known: sweep the best "
        "ones with --seed 1..5"};
  std::vector<std::string> sentences;
  if (!alike.empty())
    sentences.push_back(
        fmt::format("'{}' does not differ from {} by more than the seeds do", best.name, names_of(alike)));
  if (!worse.empty())
    sentences.push_back(
        fmt::format("'{}' is better than {} by more than the seeds differ", best.name, names_of(worse)));
  return sentences;
}

}  // namespace

SweepSummary summarise(const SweepPlan& plan, const std::vector<RunFigures>& runs) {
  SweepSummary summary;
  std::map<std::size_t, SettingSummary> found;
  for (const RunFigures& run : runs) {
    SettingSummary& setting = found[run.run.setting];
    setting.setting = run.run.setting;
    setting.runs.push_back(&run);
    if (!run.done) continue;
    summary.metric = run.metric_name;
    summary.lower_is_better = run.lower_is_better;
    summary.has_goal |= run.goal.has_value();
  }
  for (auto& [place, setting] : found) {
    setting.name = plan.setting_name(place);
    finish(setting);
    summary.settings.push_back(std::move(setting));
  }
  const double sign = summary.lower_is_better ? 1.0 : -1.0;
  std::ranges::stable_sort(summary.settings, {}, [&](const SettingSummary& setting) {
    return std::tuple(!setting.median || setting.is_broken(), !setting.median,
                      sign * setting.median.value_or(0.0));
  });
  if (summary.settings.empty()) return summary;
  for (SettingSummary& setting : summary.settings)
    setting.like_best = setting.median && !setting.is_broken() && is_alike(summary.settings.front(), setting);
  summary.sentences = comparison(summary.settings);
  return summary;
}

const RunFigures* best_run(const SweepSummary& summary) {
  if (summary.settings.empty() || !summary.settings.front().median) return nullptr;
  const auto& runs = summary.settings.front().runs;
  const auto done = std::ranges::find_if(runs, [](const RunFigures* run) { return run->metric.has_value(); });
  return done == runs.end() ? nullptr : *done;
}

}  // namespace carousel::cli
