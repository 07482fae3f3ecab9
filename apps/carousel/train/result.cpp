#include "train/result.h"

#include <fmt/format.h>

#include "carousel/text.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

std::string reason_text(const std::string& name) {
  if (name == "early-stop") return "stopped early: no better validation";
  if (name == "target") return "target reached";
  if (name == "verdict") return "stopped by its verdict";
  if (name == "stopped") return "stopped by a signal";
  return "finished";
}

std::string score_text(const json& score, const std::string& metric) {
  return fmt::format("loss {:.4g}, {} {:.4g} (update {})", score["loss"].get<double>(), metric,
                     score["metric"].get<double>(), score["update"].get<std::int64_t>());
}

/// A sentence where nothing was won by learning.
std::string against_baseline(const json& summary) {
  if (summary["best"].is_null()) return "";
  const double best = summary["best"]["metric"], baseline = summary["baseline"];
  const bool better = summary["lower_is_better"] ? best < baseline : best > baseline;
  return better ? ""
                : ": this model is no better than that yet; train it longer, or give it other inputs or "
                  "settings";
}

}  // namespace

std::string reason_name(StopReason reason) {
  switch (reason) {
    case StopReason::early_stop:
      return "early-stop";
    case StopReason::target_reached:
      return "target";
    case StopReason::requested:
      return "stopped";
    case StopReason::finished:
      break;
  }
  return "finished";
}

json score_json(const std::optional<ValidationReport>& report) {
  if (!report) return nullptr;
  return {{"update", report->update}, {"loss", report->score.loss()}, {"metric", report->score.metric()}};
}

std::string result_text(const json& summary) {
  const auto metric = summary["metric_name"].get<std::string>();
  std::string text = fmt::format("{} with {}: {}, {} updates in {}\n", summary["task"].get<std::string>(),
                                 summary["cell"].get<std::string>(), reason_text(summary["reason"]),
                                 summary["updates"].get<std::int64_t>(), format_duration(summary["seconds"]));
  if (!summary["best"].is_null()) text += "best      " + score_text(summary["best"], metric) + "\n";
  if (!summary["last"].is_null()) text += "last      " + score_text(summary["last"], metric) + "\n";
  text += fmt::format("baseline  {:.4g}{}\n", summary["baseline"].get<double>(), against_baseline(summary));
  if (const auto skipped = summary.value("skipped", 0); skipped > 0)
    text += fmt::format("skipped   {} updates that were not finite\n", skipped);
  if (const auto backs = summary.value("went_back", 0); backs > 0)
    text += fmt::format("went back {} times, from what was not finite\n", backs);
  if (!summary["verdict"].is_null())
    text += fmt::format("gradient  {}\n", summary["verdict"].get<std::string>());
  return text + fmt::format("run       {}\n", summary["run"].get<std::string>());
}

}  // namespace carousel::cli
