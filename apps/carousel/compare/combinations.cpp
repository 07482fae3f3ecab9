// Which trainings are compared, and how Python is told of one.
#include "compare/combinations.h"

#include <algorithm>
#include <cmath>

#include "compare/subject.h"
#include "options/train_options.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

const std::string& optimiser_name(OptimiserKind kind) {
  return optimiser_names().at(static_cast<std::size_t>(kind));
}

OptimiserKind optimiser_kind(const std::string& name) {
  return static_cast<OptimiserKind>(std::ranges::find(optimiser_names(), name) - optimiser_names().begin());
}

/// A rate for an optimiser that is not the configured one. RMSprop's mean starts at 0 and is not corrected
/// for it, so that its first steps are ten times as long as Adam's; plain gradients are smaller than 1.
double rate_for(OptimiserKind kind, OptimiserKind configured, double lr) {
  if (kind == configured) return lr;
  if (kind == OptimiserKind::sgd) return 10.0 * lr;
  const double like_adam = configured == OptimiserKind::sgd ? lr / 10.0 : lr;
  return kind == OptimiserKind::rmsprop ? like_adam / 10.0 : like_adam;
}

/// A schedule that falls several times within so few updates, after a warm-up, down to a floor.
ScheduleOptions scaled(ScheduleKind kind, std::int64_t updates, double lr) {
  const std::int64_t tenth = std::max<std::int64_t>(1, updates / 10);
  return {
      .kind = kind,
      .warmup_updates = tenth,
      .total_updates = updates + 1,
      .step_updates = 2 * tenth,
      .gamma = kind == ScheduleKind::exponential ? std::pow(0.1, 1.0 / static_cast<double>(updates)) : 0.5,
      .min_rate = 0.15 * lr,
      .plateau_patience = 0,
      .plateau_factor = 0.5,
      .plateau_threshold = 0.5};
}

Combination combination(const Subject& subject, const std::string& optimiser, const std::string& schedule) {
  TrainerOptions options = subject.training;
  const ScheduleKind kind = parse_schedule_kind(schedule);
  const bool other = kind != options.schedule.kind;
  options.optimiser.kind = optimiser_kind(optimiser);
  options.optimiser.lr =
      rate_for(options.optimiser.kind, subject.training.optimiser.kind, options.optimiser.lr);
  options.schedule.min_rate *= options.optimiser.lr / subject.training.optimiser.lr;
  if (other) options.schedule = scaled(kind, options.updates, options.optimiser.lr);
  options.validate_every = std::max<std::int64_t>(1, options.updates / 10);
  options.patience = 0;
  options.target.reset();
  options.flow_every = 0;
  options.validation_batches = 0;
  options.checkpoints.clear();
  return {optimiser, schedule, options, other};
}

}  // namespace

std::vector<Combination> combinations_of(const Subject& subject, const std::vector<std::string>& optimisers,
                                         const std::vector<std::string>& schedules) {
  const std::string own_optimiser = optimiser_name(subject.training.optimiser.kind);
  const std::string own_schedule{schedule_name(subject.training.schedule.kind)};
  std::vector<Combination> all;
  const auto add = [&](const std::string& optimiser, const std::string& schedule) {
    const bool there = std::ranges::any_of(
        all, [&](const Combination& c) { return c.optimiser == optimiser && c.schedule == schedule; });
    if (!there) all.push_back(combination(subject, optimiser, schedule));
  };
  if (optimisers.empty() && schedules.empty()) {
    for (const std::string& name : optimiser_names()) add(name, own_schedule);
    for (const std::string& name : schedule_names()) add(own_optimiser, name);
    return all;
  }
  for (const std::string& optimiser : optimisers.empty() ? std::vector{own_optimiser} : optimisers) {
    for (const std::string& schedule : schedules.empty() ? std::vector{own_schedule} : schedules)
      add(optimiser, schedule);
  }
  return all;
}

json training_json(const TrainerOptions& options) {
  const OptimiserOptions& o = options.optimiser;
  const ScheduleOptions& s = options.schedule;
  const char* modes[] = {"norm", "value", "report"};
  return {{"optimiser",
           {{"kind", optimiser_name(o.kind)},
            {"lr", o.lr},
            {"momentum", o.momentum},
            {"alpha", o.alpha},
            {"betas", {o.beta1, o.beta2}},
            {"eps", o.eps},
            {"weight_decay", weight_decay_of(o)}}},
          {"schedule",
           {{"kind", schedule_name(s.kind)},
            {"warmup", s.warmup_updates},
            {"total", s.total_updates},
            {"step", s.step_updates},
            {"gamma", s.gamma},
            {"floor", s.min_rate},
            {"patience", s.plateau_patience},
            {"factor", s.plateau_factor},
            {"threshold", s.plateau_threshold}}},
          {"accumulate", options.accumulate},
          {"tbptt", options.tbptt},
          {"clip", modes[static_cast<std::size_t>(options.clip.mode)]},
          {"limit", options.clip.limit}};
}

}  // namespace carousel::cli
