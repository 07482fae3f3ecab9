#include "carousel/flow/diagnosis.h"

#include <algorithm>
#include <cmath>
#include <span>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace carousel {

namespace {

// --- figures: each finds the value a rule compares, with the words for it ----------------------------------

struct Found {
  double value = 0.0;
  std::string text;
};
using Figure = std::optional<Found> (*)(const Symptoms&);

std::optional<Found> reach(const Symptoms& s) {
  if (!s.reach || std::isnan(s.reach->log10_ratio)) return {};
  return Found{s.reach->log10_ratio, reach_text(*s.reach)};
}

/// The reach of a cell that has no gate to keep its state by: no sigmoid at all.
std::optional<Found> reach_without_gate(const Symptoms& s) {
  const bool gated = std::ranges::find(s.activations, Activation::sigmoid) != s.activations.end();
  auto found = reach(s);
  if (s.keep_gate || gated || !found) return {};
  found->text += ", and no gate keeps the state";
  return found;
}

/// Share of sequence length that memory covers; only a cell with a keep gate has a memory time.
std::optional<Found> memory(const Symptoms& s) {
  if (!s.keep_gate || !s.reach || s.reach->steps < 1) return {};
  const double steps = memory_steps(*s.keep_gate);
  return Found{
      steps / static_cast<double>(s.reach->steps),
      fmt::format("{} gate {:.2f}, so memory fades within {:.3g} of {} steps",
                  s.gates[static_cast<std::size_t>(s.keep_gate_index)], *s.keep_gate, steps, s.reach->steps)};
}

/// The largest share, over gates of one kind, of activations where the function no longer passes a gradient.
/// A keep gate that is open does its work; one that is closed cuts the gradient off.
std::optional<Found> most_saturated(const Symptoms& s, Activation kind, const char* what) {
  std::optional<Found> worst;
  for (std::size_t g = 0; g < s.saturation.size(); ++g) {
    if (!s.saturation[g] || s.activations[g] != kind) continue;
    const bool keeps = static_cast<int>(g) == s.keep_gate_index;
    const double share = keeps ? s.saturation[g]->low : s.saturation[g]->both();
    if (worst && worst->value >= share) continue;
    worst = Found{share, fmt::format("{:.0f}% of {}'s activations {}", 100 * share, s.gates[g],
                                     keeps ? "are below 0.05" : what)};
  }
  return worst;
}
std::optional<Found> sigmoids(const Symptoms& s) {
  return most_saturated(s, Activation::sigmoid, "are beyond 0.05 and 0.95");
}
std::optional<Found> tanhs(const Symptoms& s) {
  return most_saturated(s, Activation::tanh, "are beyond +-0.97");
}
std::optional<Found> dead_relus(const Symptoms& s) {
  return most_saturated(s, Activation::relu, "are 0");
}

std::optional<Found> clip_share(const Symptoms& s) {
  if (!s.clip) return {};
  return Found{s.clip->share,
               fmt::format("{:.0f}% of updates clipped to norm {:.3g}", 100 * s.clip->share, s.clip->limit)};
}
std::optional<Found> clip_severity(const Symptoms& s) {
  if (!s.clip) return {};
  return Found{s.clip->severity, fmt::format("to {:.2g} of their size in the median", s.clip->severity)};
}

// --- options to try ----------------------------------------------------------------------------------------

using Option = std::string (*)(const Symptoms&);

std::string longer_reach(const Symptoms& s) {
  if (!s.keep_gate) return "--cell lstm or --cell gru";
  if (s.forget_bias.value_or(1.0) < 1.0) return "--forget-bias 1";
  if (!s.chrono && s.reach) return fmt::format("--chrono-tmax {}", s.reach->steps + 1);
  return "a shorter sequence, or --cell gru";
}
std::string tame(const Symptoms& s) {
  const std::string others = "a lower --clip-norm or a shorter --tbptt";
  return s.recurrent_matrix ? "--init-recurrent orthogonal, " + others : others;
}
std::string lower_rate(const Symptoms& s) {
  return s.recurrent_matrix ? "a lower --lr, or --init-recurrent orthogonal" : "a lower --lr";
}
std::string wider_clip(const Symptoms& s) {
  return fmt::format("--clip-norm {:.2g} (nine in ten norms are below it)", s.clip->norm_quantile);
}

// --- the table ---------------------------------------------------------------------------------------------

struct Condition {
  const char* name = nullptr;  // of the figure; null for none
  Figure figure = nullptr;
  bool above = true;
  double limit = 0.0;
};
struct Rule {
  Verdict verdict;
  Condition first, second;  // both must hold
  const char* meaning;
  Option option;
};

// From the gravest on. Where the limits come from: docs/diagnosis.md.
// clang-format off
constexpr Rule rules[] = {
  {Verdict::exploding,        {"dh_log10", reach, true, 3.0},               {},
   "the gradient explodes on its way back", tame},
  {Verdict::saturated,        {"saturated", tanhs, true, 0.5},              {"dh_log10", reach, false, -6.0},
   "tanh units are saturated and pass no gradient", lower_rate},
  {Verdict::saturated,        {"saturated", dead_relus, true, 0.9},         {"dh_log10", reach, false, -6.0},
   "relu units are dead and pass no gradient", lower_rate},
  {Verdict::saturated,        {"saturated", sigmoids, true, 0.9},           {"dh_log10", reach, false, -6.0},
   "a gate is stuck at its limits and passes no gradient", lower_rate},
  {Verdict::vanishing,        {"dh_log10", reach, false, -14.0},            {},
   "the gradient dies on its way back: what lies that far back is hardly learnt", longer_reach},
  {Verdict::short_memory,     {"dh_log10", reach_without_gate, false, -0.5}, {},
   "the cell loses what it read: what lies that far back is hardly learnt", longer_reach},
  {Verdict::short_memory,     {"dh_log10", reach, false, -6.0},             {"memory_share", memory, false, 0.1},
   "memory is short against the sequence: what lies far back is learnt late", longer_reach},
  {Verdict::clipped_too_hard, {"clip_share", clip_share, true, 0.9},        {"clip_severity", clip_severity, false, 0.5},
   "clipping, not the learning rate, sets the size of the step", wider_clip},
};
// clang-format on

std::optional<Evidence> holds(const Condition& condition, const Symptoms& symptoms) {
  const auto found = condition.figure(symptoms);
  if (!found) return {};
  // So written that what is not a number fulfils nothing.
  const bool fulfilled = condition.above ? found->value > condition.limit : found->value < condition.limit;
  if (!fulfilled) return {};
  return Evidence{condition.name, found->value, condition.limit, found->text};
}

std::optional<Diagnosis> apply(const Rule& rule, const Symptoms& symptoms) {
  Diagnosis diagnosis{.verdict = rule.verdict, .sentence = rule.meaning};
  for (const Condition* condition : {&rule.first, &rule.second}) {
    if (!condition->figure) continue;
    auto evidence = holds(*condition, symptoms);
    if (!evidence) return {};
    diagnosis.evidence.push_back(std::move(*evidence));
  }
  diagnosis.option = rule.option(symptoms);
  return diagnosis;
}

}  // namespace

Symptoms Symptoms::of(const FlowRecord& record, Symptoms given) {
  given.reach = record.reach();
  given.keep_gate = record.keep_gate_mean();
  given.gates = record.gates;
  given.activations = record.activations;
  given.saturation = record.saturation();
  given.keep_gate_index = record.keep_gate;
  return given;
}

Diagnosis diagnose(const Symptoms& symptoms) {
  for (const Rule& rule : rules) {
    if (auto diagnosis = apply(rule, symptoms)) return *diagnosis;
  }
  Diagnosis healthy{.verdict = Verdict::healthy, .sentence = "the gradient reaches back"};
  if (const auto found = reach(symptoms))
    healthy.evidence.push_back({"dh_log10", found->value, 0.0, found->text});
  return healthy;
}

std::string Diagnosis::line() const {
  std::string figures;
  for (const Evidence& e : evidence) figures += (figures.empty() ? "" : ", ") + e.text;
  std::string text = fmt::format("{}: {}", name_of(verdict), sentence);
  if (!figures.empty()) text += fmt::format(" ({})", figures);
  if (!option.empty()) text += fmt::format("; try {}", option);
  return text;
}

nlohmann::json Diagnosis::to_json() const {
  auto list = nlohmann::json::array();
  const auto number = [](double v) { return std::isfinite(v) ? nlohmann::json(v) : nlohmann::json(nullptr); };
  for (const Evidence& e : evidence) {
    list.push_back(
        {{"figure", e.figure}, {"value", number(e.value)}, {"limit", number(e.limit)}, {"text", e.text}});
  }
  return {{"verdict", name_of(verdict)}, {"sentence", sentence}, {"option", option}, {"evidence", list}};
}

std::string reach_text(const Reach& reach) {
  if (std::isinf(reach.log10_ratio) && reach.log10_ratio < 0)
    return fmt::format("d{} 0 over {} steps (underflow)", reach.state, reach.steps);
  return fmt::format("d{} 10^{:.1f} over {} steps", reach.state, reach.log10_ratio, reach.steps);
}

}  // namespace carousel
