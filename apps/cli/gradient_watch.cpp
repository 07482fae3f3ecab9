#include "cli/gradient_watch.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "cli/progress.h"

namespace carousel::cli {
namespace {

constexpr std::size_t updates_a_look = 100;
constexpr double always = 0.9, no_longer = 0.7;  // shares of clipped updates
constexpr double far = 6.0;                      // powers of ten

double quantile(std::vector<double>& values, double share) {
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, at);
  return *at;
}

}  // namespace

std::vector<std::string> GradientWatch::look(const UpdateReport& report) {
  std::vector<std::string> found;
  if (run_.clip.mode == ClipMode::norm) look_at_clipping(report, found);
  look_at_reach(report, found);
  return found;
}

void GradientWatch::look_at_clipping(const UpdateReport& report, std::vector<std::string>& found) {
  norms_.push_back(report.clip.norm_before);
  clipped_ += report.clip.clipped ? 1 : 0;
  if (norms_.size() < updates_a_look) return;
  const double share = static_cast<double>(clipped_) / static_cast<double>(norms_.size());
  if (share > always && !clips_always_) {
    found.push_back(
        fmt::format("{:.0f}% of the last {} updates were clipped to norm {:.3g}, so clipping sets the step; "
                    "try --clip-norm {:.2g} (nine in ten norms are below it)",
                    100 * share, norms_.size(), run_.clip.limit, quantile(norms_, 0.9)));
  }
  clips_always_ = share > (clips_always_ ? no_longer : always);
  norms_.clear();
  clipped_ = 0;
}

void GradientWatch::look_at_reach(const UpdateReport& report, std::vector<std::string>& found) {
  const auto reach = report.flow ? report.flow->reach() : std::nullopt;
  if (!reach) return;
  const double power = reach->log10_ratio;
  const Reached now = power < -far ? Reached::dies : power > far ? Reached::explodes : Reached::well;
  if (now == Reached::dies && reached_ != now) {
    found.push_back(fmt::format(
        "the gradient dies on its way back ({}): what lies that far back is hardly learnt; try {}",
        reach_text(*reach), cure_for_dying(reach->steps)));
  }
  if (now == Reached::explodes && reached_ != now) {
    found.push_back(
        fmt::format("the gradient explodes on its way back ({}); try --init-recurrent orthogonal or a "
                    "shorter --tbptt",
                    reach_text(*reach)));
  }
  reached_ = now;
}

std::string GradientWatch::cure_for_dying(std::int64_t steps) const {
  if (!run_.has_keep_gate) return "--cell lstm or --cell gru";
  if (run_.forget_bias.value_or(0.0) < 1.0) return "--forget-bias 1";
  return fmt::format("--chrono-tmax {}", steps + 1);
}

}  // namespace carousel::cli
