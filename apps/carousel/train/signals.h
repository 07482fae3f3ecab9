// Signals that end a process: the training stops and saves instead.
#pragma once

#include <string>

#include "carousel/train/trainer.h"

namespace carousel::cli {

/// While it lives, every signal that asks a process to end calls trainer.request_stop(), or without a trainer is only noted: Ctrl-C and kill (SIGINT,
/// SIGTERM), a terminal that closes (SIGHUP), what schedulers send before they kill (SIGUSR1, SIGUSR2, SIGXCPU),
/// timers and a failing power supply. One that comes while the training saves changes nothing; SIGQUIT (Ctrl-\)
/// and SIGKILL end it at once. A signal that was ignored or handled before, as by nohup, stays so. The pipe
/// of a console that nobody reads any more stops nothing, but SIGPIPE from another process does. Afterwards
/// signals do what they did before.
class StopOnSignal {
 public:
  explicit StopOnSignal(Trainer& trainer) : StopOnSignal(&trainer) {}
  StopOnSignal() : StopOnSignal(nullptr) {}
  ~StopOnSignal();
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;

  /// The first signal that came, or 0.
  int received() const;

 private:
  explicit StopOnSignal(Trainer* trainer);
};

/// "SIGTERM" for 15.
std::string signal_name(int number);

}  // namespace carousel::cli
