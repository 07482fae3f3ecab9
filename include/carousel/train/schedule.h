// The learning rate as a function of the update: a linear warm-up, then one of five schedules.
//
// With u the number of the update (0 is the first), W the warm-up, s = u - W and b the base rate:
//   warm-up      b (u + 1) / W                                   for u < W, so that no update has rate 0
//   constant     b
//   step         b gamma^floor(s / step_updates)                 torch.optim.lr_scheduler.StepLR
//   cosine       m + (b - m) (1 + cos(pi s / (N - W))) / 2       CosineAnnealingLR; m from s = N - W on
//   exponential  b gamma^s                                       ExponentialLR
//   plateau      b times plateau_factor at every stand-still     ReduceLROnPlateau
// with N = total_updates and m = min_rate. Torch's schedulers give the same values when stepped once an
// update; min_rate is a floor for step and exponential too. The plateau compares as torch does in mode "min",
// threshold mode "rel": better is loss < best (1 - threshold); after more than `patience` observations in a
// row that are not, the rate falls.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace carousel {

enum class ScheduleKind { constant, step, cosine, exponential, plateau };

/// The names --schedule takes, in the enum's order.
const std::vector<std::string>& schedule_names();
std::string_view schedule_name(ScheduleKind kind);

/// Throws Error that names the nearest schedule.
ScheduleKind parse_schedule_kind(std::string_view name);

struct ScheduleOptions {
  ScheduleKind kind = ScheduleKind::constant;  ///< --schedule
  std::int64_t warmup_updates = 0;             ///< --warmup, updates; 0 is none
  std::int64_t total_updates = 0;              ///< updates of the whole training; only cosine needs it
  std::int64_t step_updates = 1000;            ///< --schedule-step, updates between two falls of `step`
  double gamma = 0.5;     ///< --schedule-gamma, factor of a step, or of an update of `exponential`
  double min_rate = 0.0;  ///< --min-lr, the rate does not fall below it after the warm-up
  std::int64_t plateau_patience = 10;  ///< --plateau-patience, validations without progress that are borne
  double plateau_factor = 0.1;         ///< --plateau-factor, of a fall
  double plateau_threshold = 1e-4;     ///< --plateau-threshold, relative progress that counts
};

class Schedule {
 public:
  /// Throws Error naming the option that is out of range (--lr for the base rate).
  Schedule(const ScheduleOptions& options, double base_rate);

  /// The rate of update number `update`, 0 being the first.
  double rate(std::int64_t update) const;

  /// Tells the plateau schedule a validation loss; the others do not listen. A loss that is not a number
  /// counts as no progress.
  void observe(double validation_loss);

  /// What a checkpoint must hold besides the update: the plateau's rate, best loss and patience used. Exact. Of
  /// another base rate than the saved one the plateau's rate keeps its share.
  nlohmann::json state() const;

  /// Throws Error when the state is damaged or of another kind of schedule.
  void load(const nlohmann::json& state);

 private:
  double rate_after_warmup(std::int64_t update) const;

  ScheduleOptions options_;
  double base_rate_;
  double plateau_rate_;
  std::optional<double> best_loss_;
  std::int64_t bad_validations_ = 0;
};

}  // namespace carousel
