#include "sweep/plan.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "carousel/data/random.h"
#include "carousel/data/text.h"
#include "carousel/error.h"
#include "carousel/io/tfrecord.h"
#include "carousel/text.h"

#include "sweep/variant.h"

namespace carousel::cli {
namespace {

constexpr std::size_t runs_without_asking = 1'000, most_runs = 1'000'000;
constexpr std::uint64_t problem_of_draws = 0x5357454550;

using Settings = std::vector<std::vector<SweepValue>>;
using Swept = std::vector<const SweptOption*>;

/// What a tuner draws has all its digits.
std::string short_value(const std::string& text) {
  constexpr std::size_t longest_number = 10;
  const auto number = text.size() > longest_number ? parse_number<double>(text) : std::nullopt;
  return number ? fmt::format("{:.4g}", *number) : text;
}

/// How many combinations there are; infinite with a distribution among them.
double combinations(const Swept& swept) {
  double count = 1.0;
  for (const SweptOption* option : swept) {
    if (option->drawn) return HUGE_VAL;
    count *= static_cast<double>(option->values.size());
  }
  return count;
}

void check_count(double runs, bool meant) {
  if (runs > static_cast<double>(most_runs)) {
    throw Error(
        fmt::format("these are {:.3g} runs, and a sweep has at most {}: give --random N to draw some of "
                    "the settings",
                    runs, most_runs));
  }
  if (meant || runs <= static_cast<double>(runs_without_asking)) return;
  throw Error(fmt::format(
      "these are {:.0f} runs: give --yes if they are meant, or --random N to draw some of the settings",
      runs));
}

/// Every combination, the first option the slowest.
Settings all_settings(const Swept& swept) {
  Settings settings{{}};
  for (const SweptOption* option : swept) {
    Settings longer;
    longer.reserve(settings.size() * option->values.size());
    for (const auto& begun : settings) {
      for (const SweepValue& value : option->values) {
        longer.push_back(begun);
        longer.back().push_back(value);
      }
    }
    settings = std::move(longer);
  }
  return settings;
}

double unit(Random& random) {
  return static_cast<double>(random.bits() >> 11) * 0x1p-53;
}

SweepValue draw(const SweptOption& option, Random& random) {
  const double at = unit(random);
  if (option.drawn) {
    const std::string text = drawn_text(option, at);
    return {text, text};
  }
  return option.values[static_cast<std::size_t>(at * static_cast<double>(option.values.size()))];
}

/// The first `count` different ones of a sequence that the seed fixes, so that more draws begin with the same.
Settings drawn_settings(const Swept& swept, std::size_t count, std::uint64_t seed) {
  Settings settings;
  std::set<std::string> seen;
  const std::size_t tries = 1000 * (count + 10);
  for (std::size_t i = 0; i < tries && settings.size() < count; ++i) {
    Random random({.seed = seed, .part = Part::train, .index = i}, problem_of_draws);
    std::vector<SweepValue> setting;
    std::string key;
    for (const SweptOption* option : swept) {
      setting.push_back(draw(*option, random));
      key += setting.back().shown + '\n';
    }
    if (seen.insert(key).second) settings.push_back(std::move(setting));
  }
  if (settings.size() == count) return settings;
  throw Error(fmt::format("--random is {}, but only {} different settings were found in {} draws: give fewer",
                          count, settings.size(), tries));
}

/// The options and seeds, without settings; and what settings are made of.
std::pair<SweepPlan, Swept> begun_plan(const SweepRequest& request) {
  SweepPlan plan;
  Swept swept;
  for (const SweptOption& option : request.options) {
    if (option.name == "seed" && option.drawn) {
      throw Error(fmt::format("{} is {}: seeds are a list or a range, and every setting has all of them",
                              option.label, option.written));
    }
    if (option.name == "seed") plan.seeds = option.values;
    if (option.name == "seed" || option.is_fixed()) continue;
    swept.push_back(&option);
    plan.options.push_back(option.name);
  }
  plan.names_seed = plan.seeds.size() > 1;
  if (plan.seeds.empty()) plan.seeds.push_back({"1", "1"});
  return {std::move(plan), std::move(swept)};
}

std::size_t asked_draws(const SweepRequest& request, const Swept& swept, std::size_t seeds) {
  const auto draws = static_cast<std::size_t>(request.own.integer("random"));
  const double all = combinations(swept);
  const auto undrawn =
      std::ranges::find_if(swept, [](const SweptOption* option) { return option->drawn.has_value(); });
  if (draws == 0 && undrawn != swept.end()) {
    throw Error(fmt::format("{} is {}, a distribution: give --random N, the number of settings to draw",
                            (*undrawn)->label, (*undrawn)->written));
  }
  if (static_cast<double>(draws) > all) {
    throw Error(fmt::format(
        "--random is {}, but there are only {:.0f} settings: leave it out to train all of them", draws, all));
  }
  check_count((draws > 0 ? static_cast<double>(draws) : all) * static_cast<double>(seeds),
              request.own.flag("many-runs"));
  return draws;
}

}  // namespace

std::string drawn_text(const SweptOption& option, double unit) {
  const auto [log, low, high] = *option.drawn;
  // Of whole numbers each has the interval around it, the two ends as the others.
  const double half = option.whole ? 0.5 : 0.0;
  const double from = log ? std::log(low - half) : low - half, to = log ? std::log(high + half) : high + half;
  const double at = from + unit * (to - from), value = log ? std::exp(at) : at;
  if (option.whole) return fmt::format("{:.0f}", std::clamp(std::round(value), low, high));
  return number_text(
      std::clamp(parse_number<double>(fmt::format("{:.4g}", value)).value_or(value), low, high));
}

std::string plain_name(const std::string& text) {
  constexpr std::size_t longest = 40;
  std::string plain;
  for (const char c : text.substr(0, longest)) {
    const bool kept = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                      std::string_view("+-.=:,").find(c) != std::string_view::npos;
    plain += kept ? c : '-';
  }
  return plain == text ? plain : fmt::format("{}~{:08x}", plain, crc32c(text));
}

SweepRun SweepPlan::run(std::size_t index) const {
  SweepRun run{.setting = index % settings.size(), .seed = index / settings.size(), .name = ""};
  if (!names.empty()) return run.name = names[run.setting], run;
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < options.size(); ++i)
    parts.push_back(options[i] + "-" + plain_name(settings[run.setting][i].shown));
  if (names_seed) parts.push_back("seed-" + seeds[run.seed].shown);
  constexpr std::size_t longest = 200;
  run.name = parts.empty() ? "run" : join(parts, "_");
  if (run.name.size() > longest)
    run.name = fmt::format("{}~{:08x}", run.name.substr(0, longest), crc32c(run.name));
  return run;
}

std::string SweepPlan::setting_name(std::size_t setting) const {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < options.size(); ++i) {
    const std::string value = short_value(settings[setting][i].shown);
    parts.push_back(options[i] == variant_name ? value : options[i] + " " + value);
  }
  return parts.empty() ? "as given" : join(parts);
}

SweepPlan sweep_plan(const SweepRequest& request) {
  auto [plan, swept] = begun_plan(request);
  const std::size_t draws = asked_draws(request, swept, plan.seeds.size());
  plan.settings = draws == 0 ? all_settings(swept)
                             : drawn_settings(swept, draws,
                                              static_cast<std::uint64_t>(request.own.integer("sweep-seed")));
  return plan;
}

SweepPlan trials_plan(const SweepRequest& request) {
  SweepPlan plan = begun_plan(request).first;
  if (request.own.integer("random") > 0)
    throw Error("--random and --tuner exclude each other: give the number of settings as --trials");
  if (plan.options.empty())
    throw Error(
        "--tuner optuna has nothing to tune: give an option a list, a range, log(LOW,HIGH) or "
        "uniform(LOW,HIGH)");
  if (plan.seeds.size() > 1) {
    throw Error(fmt::format(
        "--seed has {} values, but --tuner optuna trains each setting once: give one seed, and then "
        "a sweep over the seeds of the best settings",
        plan.seeds.size()));
  }
  return plan;
}

}  // namespace carousel::cli
