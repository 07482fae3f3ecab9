#include "carousel/train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "carousel/error.h"
#include "carousel/text.h"

namespace carousel {
namespace {

using nlohmann::json;

/// torch's eps: a fall smaller than this is not made.
constexpr double smallest_fall = 1e-8;

template <class Value>
void require(bool sound, std::string_view option, Value value, std::string_view range) {
  if (!sound) throw Error(fmt::format("{} is {}, but must be {}", option, value, range));
}

void check(const ScheduleOptions& options, double base_rate) {
  require(base_rate > 0 && std::isfinite(base_rate), "--lr", base_rate, "a number above 0");
  require(options.warmup_updates >= 0, "--warmup", options.warmup_updates, "0 updates or more");
  require(options.min_rate >= 0 && options.min_rate <= base_rate, "--min-lr", options.min_rate,
          fmt::format("between 0 and --lr, {}", base_rate));
  require(options.gamma > 0 && options.gamma <= 1, "--schedule-gamma", options.gamma,
          "above 0 and at most 1");
  require(options.step_updates >= 1, "--schedule-step", options.step_updates, "1 update or more");
  require(options.plateau_patience >= 0, "--plateau-patience", options.plateau_patience,
          "0 validations or more");
  require(options.plateau_factor > 0 && options.plateau_factor < 1, "--plateau-factor",
          options.plateau_factor, "above 0 and below 1");
  require(options.plateau_threshold >= 0 && options.plateau_threshold < 1, "--plateau-threshold",
          options.plateau_threshold, "at least 0 and below 1");
  if (options.kind == ScheduleKind::cosine && options.total_updates <= options.warmup_updates) {
    throw Error(fmt::format(
        "--schedule cosine needs a training longer than its warm-up, but there are {} updates and "
        "--warmup is {}; train longer or warm up less",
        options.total_updates, options.warmup_updates));
  }
}

}  // namespace

const std::vector<std::string>& schedule_names() {
  static const std::vector<std::string> names{"constant", "step", "cosine", "exponential", "plateau"};
  return names;
}

std::string_view schedule_name(ScheduleKind kind) {
  return schedule_names().at(static_cast<std::size_t>(kind));
}

ScheduleKind parse_schedule_kind(std::string_view name) {
  const auto found = std::ranges::find(schedule_names(), name);
  if (found == schedule_names().end()) throw Error(did_you_mean("schedule", name, schedule_names()));
  return static_cast<ScheduleKind>(found - schedule_names().begin());
}

Schedule::Schedule(const ScheduleOptions& options, double base_rate)
    : options_(options), base_rate_(base_rate), plateau_rate_(base_rate) {
  check(options, base_rate);
}

double Schedule::rate(std::int64_t update) const {
  if (update >= options_.warmup_updates) return rate_after_warmup(update - options_.warmup_updates);
  const double factor = static_cast<double>(update + 1) / static_cast<double>(options_.warmup_updates);
  return factor * (options_.kind == ScheduleKind::plateau ? plateau_rate_ : base_rate_);
}

double Schedule::rate_after_warmup(std::int64_t update) const {
  const double floor = options_.min_rate;
  const auto decayed = [&](std::int64_t times) {
    return std::max(floor, base_rate_ * std::pow(options_.gamma, static_cast<double>(times)));
  };
  switch (options_.kind) {
    case ScheduleKind::constant:
      return base_rate_;
    case ScheduleKind::step:
      return decayed(update / options_.step_updates);
    case ScheduleKind::exponential:
      return decayed(update);
    case ScheduleKind::plateau:
      return plateau_rate_;
    case ScheduleKind::cosine: {
      const auto length = static_cast<double>(options_.total_updates - options_.warmup_updates);
      const double done = std::min(1.0, static_cast<double>(update) / length);
      return floor + (base_rate_ - floor) * (1 + std::cos(std::numbers::pi * done)) / 2;
    }
  }
  throw std::logic_error("a schedule kind without a rate");
}

void Schedule::observe(double validation_loss) {
  if (options_.kind != ScheduleKind::plateau) return;
  const bool better = !best_loss_ || validation_loss < *best_loss_ * (1 - options_.plateau_threshold);
  if (better && std::isfinite(validation_loss)) {
    best_loss_ = validation_loss;
    bad_validations_ = 0;
    return;
  }
  if (++bad_validations_ <= options_.plateau_patience) return;
  bad_validations_ = 0;
  const double lower = std::max(options_.min_rate, plateau_rate_ * options_.plateau_factor);
  if (plateau_rate_ - lower > smallest_fall) plateau_rate_ = lower;
}

json Schedule::state() const {
  json state{{"kind", schedule_name(options_.kind)}};
  if (options_.kind != ScheduleKind::plateau) return state;
  state["base_rate"] = base_rate_;
  state["rate"] = plateau_rate_;
  state["bad_validations"] = bad_validations_;
  if (best_loss_) state["best_loss"] = *best_loss_;
  return state;
}

void Schedule::load(const json& state) try {
  const auto kind = state.at("kind").get<std::string>();
  if (kind != schedule_name(options_.kind)) {
    throw Error(fmt::format(
        "the checkpoint's schedule is '{}', but --schedule is '{}'; give --schedule {} or start a "
        "new run",
        kind, schedule_name(options_.kind), kind));
  }
  if (options_.kind != ScheduleKind::plateau) return;
  const auto base = state.at("base_rate").get<double>(), rate = state.at("rate").get<double>();
  const auto bad = state.at("bad_validations").get<std::int64_t>();
  const auto best =
      state.contains("best_loss") ? std::optional(state["best_loss"].get<double>()) : std::nullopt;
  if (!(rate > 0 && std::isfinite(rate) && base >= rate && std::isfinite(base)) || bad < 0) {
    throw Error(
        fmt::format("the checkpoint's schedule has the rate {} and {} bad validations; resume from another "
                    "checkpoint",
                    rate, bad));
  }
  plateau_rate_ = base == base_rate_ ? rate : rate * (base_rate_ / base);
  bad_validations_ = bad;
  best_loss_ = best;
} catch (const json::exception& error) {
  throw Error(fmt::format("the checkpoint's schedule cannot be read ({}); resume from another checkpoint",
                          error.what()));
}

}  // namespace carousel
