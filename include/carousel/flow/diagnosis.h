// From figures to a verdict: what is wrong with the gradient, how one knows, and what to try.
//
// The rules are the table in src/flow/diagnosis.cpp; docs/diagnosis.md says where its limits come from.
// This header needs no tensor.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "carousel/flow/record.h"

namespace carousel {

enum class Verdict { exploding, vanishing, saturated, short_memory, clipped_too_hard, healthy };

inline constexpr std::string_view verdict_names[] = {"exploding",    "vanishing",        "saturated",
                                                     "short memory", "clipped too hard", "healthy"};
constexpr std::string_view name_of(Verdict verdict) {
  return verdict_names[static_cast<std::size_t>(verdict)];
}

/// What clipping did over a stretch of updates.
struct ClipFigures {
  double limit = 0.0;          ///< the largest joint norm allowed
  double share = 0.0;          ///< of the updates in which the limit bit
  double severity = 1.0;       ///< median clip coefficient of those updates; 1 when there were none
  double norm_quantile = 0.0;  ///< 90 % quantile of the norms before clipping
};

/// The figures that a verdict is taken from. What was not measured is left out, and its rules do not apply.
struct Symptoms {
  std::optional<Reach> reach = {};       ///< of the last step's loss alone
  std::optional<double> keep_gate = {};  ///< mean activation of the keep gate
  std::vector<std::string> gates = {};
  std::vector<Activation> activations = {};
  std::vector<std::optional<Saturation>> saturation = {};  ///< one a gate
  int keep_gate_index = -1;
  std::optional<ClipFigures> clip = {};
  std::optional<double> forget_bias = {};  ///< as the options set it
  bool chrono = false;                     ///< whether chrono initialisation was used
  bool recurrent_matrix = true;  ///< false for the recurrence none: there is none to start otherwise

  /// Everything that a record tells; the rest is as in `given`.
  static Symptoms of(const FlowRecord& record, Symptoms given);
};

/// One figure that a verdict rests on.
struct Evidence {
  std::string figure;  ///< name in metrics.jsonl
  double value = 0.0;
  double limit = 0.0;  ///< of the rule
  std::string text;    ///< the figure with its unit: "dh 10^-25.1 over 99 steps"
};

struct Diagnosis {
  Verdict verdict = Verdict::healthy;
  std::string sentence;  ///< what it means
  std::vector<Evidence> evidence = {};
  std::string option = {};  ///< what to try on the command line; empty when healthy

  /// "the gradient dies on its way back (dh 10^-25.1 over 99 steps): ...; try --cell lstm"
  std::string line() const;
  nlohmann::json to_json() const;
};

/// The verdict of the first rule that applies, from the gravest on; healthy when none does.
Diagnosis diagnose(const Symptoms& symptoms);

/// "dh 10^-4.2 over 100 steps", or "dh 0 over 100 steps (underflow)".
std::string reach_text(const Reach& reach);

}  // namespace carousel
