// Keeps the diagnosis of a training run up to date: says when it changes, and writes verdict.json.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "carousel/flow/diagnosis.h"
#include "carousel/train/trainer.h"

namespace carousel::cli {

class GradientWatch {
 public:
  /// `given` has what the records do not tell: how the network was initialised.
  GradientWatch(Symptoms given, ClipOptions clip) : symptoms_(std::move(given)), clip_(clip) {}

  /// Goes on with the verdicts of a verdict.json up to an update: the one that held then is not told again.
  void resume(const nlohmann::json& written, std::int64_t update);

  /// Looks at one update. Returns the diagnosis when it has changed, at samples and after every hundred
  /// updates. But for the first one, an explosion and a recovery, a new verdict must be found twice in a row:
  /// one batch may be odd.
  std::optional<Diagnosis> look(const UpdateReport& report);

  /// The diagnosis as it stands; nothing before the first.
  const std::optional<Diagnosis>& diagnosis() const { return diagnosis_; }

  /// verdict.json: the diagnosis, since which update it holds, and the verdicts before it.
  nlohmann::json to_json() const;

 private:
  void count(const ClipReport& clip);
  ClipFigures clip_figures();

  Symptoms symptoms_;
  ClipOptions clip_;
  std::vector<double> norms_, coefficients_;  // since the last look at clipping; coefficients below 1 only
  std::optional<Diagnosis> diagnosis_;
  std::optional<Verdict> seen_;  // at the last look
  std::vector<std::pair<std::int64_t, Verdict>> history_;
  std::int64_t update_ = 0;
  nlohmann::json written_;  // of the session before
};

}  // namespace carousel::cli
