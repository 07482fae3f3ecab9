#include "train/signals.h"

#include <atomic>
#include <csignal>

namespace carousel::cli {
namespace {

std::atomic<Trainer*> stopped{nullptr};
std::atomic<int> signal_number{0};

extern "C" void stop_training(int number) {
  // The next one of either kind finds the default action and ends the process.
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  signal_number = number;
  if (Trainer* trainer = stopped) trainer->request_stop();
}

}  // namespace

StopOnSignal::StopOnSignal(Trainer& trainer) {
  stopped = &trainer;
  signal_number = 0;
  for (const int number : {SIGINT, SIGTERM}) {
    struct sigaction action{};
    action.sa_handler = stop_training;
    action.sa_flags = SA_RESTART;  // a file that is being written is written to its end
    sigaction(number, &action, nullptr);
  }
}

StopOnSignal::~StopOnSignal() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  stopped = nullptr;
}

int StopOnSignal::received() const {
  return signal_number;
}

}  // namespace carousel::cli
