// Notices what goes wrong with the gradient, and says it once with the figure and an option to try.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "carousel/train/trainer.h"

namespace carousel::cli {

/// What the advice depends on.
struct WatchedRun {
  ClipOptions clip;
  bool has_keep_gate = false;
  std::optional<double> forget_bias;
};

class GradientWatch {
 public:
  explicit GradientWatch(WatchedRun run) : run_(std::move(run)) {}

  /// Looks at one update. Returns what has newly become wrong; a thing that stays wrong is told once, and
  /// again only after it had become right.
  std::vector<std::string> look(const UpdateReport& report);

 private:
  enum class Reached { well, dies, explodes };

  void look_at_clipping(const UpdateReport& report, std::vector<std::string>& found);
  void look_at_reach(const UpdateReport& report, std::vector<std::string>& found);
  std::string cure_for_dying(std::int64_t steps) const;

  WatchedRun run_;
  std::vector<double> norms_;  // of the updates since the last look
  std::size_t clipped_ = 0;
  bool clips_always_ = false;
  Reached reached_ = Reached::well;
};

}  // namespace carousel::cli
