#include "train/gradient_watch.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "carousel/error.h"

namespace carousel::cli {
namespace {

constexpr std::size_t updates_a_look = 100;

double quantile(std::vector<double> values, double share) {
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, at);
  return *at;
}

}  // namespace

void GradientWatch::count(const ClipReport& clip) {
  norms_.push_back(clip.norm_before);
  if (clip.clipped) coefficients_.push_back(clip.coefficient);
}

ClipFigures GradientWatch::clip_figures() {
  const ClipFigures figures{
      .limit = clip_.limit,
      .share = static_cast<double>(coefficients_.size()) / static_cast<double>(norms_.size()),
      .severity = coefficients_.empty() ? 1.0 : quantile(coefficients_, 0.5),
      .norm_quantile = quantile(norms_, 0.9)};
  norms_.clear();
  coefficients_.clear();
  return figures;
}

void GradientWatch::resume(const nlohmann::json& written, std::int64_t update) try {
  for (const auto& entry : written.value("history", nlohmann::json::array())) {
    const auto name = std::ranges::find(verdict_names, entry.at("verdict").get<std::string>());
    if (entry.at("update") > update || name == std::end(verdict_names)) continue;
    history_.emplace_back(entry.at("update"), static_cast<Verdict>(name - std::begin(verdict_names)));
  }
  if (history_.empty()) return;
  diagnosis_ = Diagnosis{.verdict = history_.back().second, .sentence = {}};
  if (written.value("verdict", "") == name_of(diagnosis_->verdict)) written_ = written;
} catch (const nlohmann::json::exception& error) {
  throw Error(fmt::format("the run's verdict.json is damaged ({})", error.what()));
}

std::optional<Diagnosis> GradientWatch::look(const UpdateReport& report) {
  update_ = report.update;
  if (clip_.mode == ClipMode::norm) count(report.clip);
  const bool enough_norms = norms_.size() >= updates_a_look;
  if (!report.flow_sampled && !enough_norms) return {};
  if (enough_norms) symptoms_.clip = clip_figures();
  if (report.flow_sampled) symptoms_ = Symptoms::of(*report.flow, std::move(symptoms_));

  auto found = diagnose(symptoms_);
  const bool again = seen_ == found.verdict;
  seen_ = found.verdict;
  if (diagnosis_ && diagnosis_->verdict == found.verdict) {
    diagnosis_ = std::move(found);  // the same, with the figures of now
    return {};
  }
  const bool at_once = found.verdict == Verdict::exploding || found.verdict == Verdict::healthy;
  if (diagnosis_ && !again && !at_once) return {};
  diagnosis_ = std::move(found);
  history_.emplace_back(update_, diagnosis_->verdict);
  return diagnosis_;
}

nlohmann::json GradientWatch::to_json() const {
  if (!diagnosis_) return nullptr;
  // Until it is found anew, its sentence and figures are those of the session before.
  const bool found_before = diagnosis_->sentence.empty() && written_.is_object();
  nlohmann::json verdict = found_before ? written_ : diagnosis_->to_json();
  if (found_before && update_ == 0) return verdict;
  verdict["update"] = update_;
  verdict["since"] = history_.back().first;
  verdict["history"] = nlohmann::json::array();
  for (const auto& [update, name] : history_)
    verdict["history"].push_back({{"update", update}, {"verdict", name_of(name)}});
  return verdict;
}

}  // namespace carousel::cli
