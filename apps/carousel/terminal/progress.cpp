#include "terminal/progress.h"

#include <cmath>

#include <fmt/format.h>

#include "carousel/flow/diagnosis.h"
#include "carousel/text.h"

namespace carousel::cli {

Progress::Progress(std::int64_t first, std::int64_t last, ClipMode clip)
    : first_(first), last_(last), update_(first), clip_(clip) {}

void Progress::add(const UpdateReport& report) {
  update_ = report.update;
  lr_ = report.lr;
  ++since_.updates;
  since_.clipped += report.clip.clipped ? 1 : 0;
  since_.items += report.items;
  since_.loss += report.loss;
  since_.norm += report.clip.norm_before;
  since_.seconds += report.seconds;
  if (!report.flow) return;
  const auto reach = report.flow->reach();
  const auto gate = report.flow->keep_gate_mean();
  if (reach || report.flow_sampled) reach_ = reach ? reach_text(*reach) : "";
  gate_ = gate ? fmt::format("{} {:.2f}",
                             report.flow->gates.at(static_cast<std::size_t>(report.flow->keep_gate)), *gate)
               : "";
}

std::string Progress::line() const {
  const auto count = static_cast<double>(since_.updates);
  std::string line = fmt::format("up {}/{} | loss {:.4g} | gnorm {:.3g}", update_, last_, since_.loss / count,
                                 since_.norm / count);
  if (clip_ != ClipMode::report)
    line += fmt::format(" clip {:.0f}%", 100.0 * static_cast<double>(since_.clipped) / count);
  if (!reach_.empty()) line += " | " + reach_;
  if (!gate_.empty()) line += " | " + gate_;
  const double speed = static_cast<double>(since_.items) / since_.seconds;
  return line + fmt::format(" | lr {} | {} steps/s | eta {}", rate_text(lr_), format_count(speed),
                            format_duration(seconds_left()));
}

void Progress::next() {
  since_ = {};
}

double Progress::seconds_left() const {
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start_;
  return spent.count() / static_cast<double>(update_ - first_) * static_cast<double>(last_ - update_);
}

std::string rate_text(double rate) {
  std::string text = fmt::format("{:.1e}", rate);
  if (const auto zero = text.find(".0e"); zero != std::string::npos) text.erase(zero, 2);
  return text;
}

std::string validation_text(const ValidationReport& report, const TaskFacts& task) {
  return fmt::format("valid {} | loss {:.4g} | {} {:.4g} | baseline {:.4g}{}", report.update,
                     report.score.loss(), task.metric, report.score.metric(), task.baseline,
                     report.best ? " | best" : "");
}

}  // namespace carousel::cli
