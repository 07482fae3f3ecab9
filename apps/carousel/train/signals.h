// Ctrl-C and SIGTERM: the first asks the training to stop and save, the second ends the process.
#pragma once

#include "carousel/train/trainer.h"

namespace carousel::cli {

/// While it lives, SIGINT and SIGTERM call trainer.request_stop(); afterwards they do what they did before.
class StopOnSignal {
 public:
  explicit StopOnSignal(Trainer& trainer);
  ~StopOnSignal();
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;

  /// The signal that came, or 0.
  int received() const;
};

}  // namespace carousel::cli
