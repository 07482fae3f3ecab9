#include "train/signals.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <iterator>

#include <fmt/format.h>

namespace carousel::cli {
namespace {

struct StoppingSignal {
  int number;
  const char* name;
};

constexpr StoppingSignal stopping_signals[] = {
    {SIGHUP, "SIGHUP"},       {SIGINT, "SIGINT"},   {SIGTERM, "SIGTERM"}, {SIGUSR1, "SIGUSR1"},
    {SIGUSR2, "SIGUSR2"},     {SIGXCPU, "SIGXCPU"}, {SIGPIPE, "SIGPIPE"}, {SIGALRM, "SIGALRM"},
#ifdef SIGPWR
    {SIGPWR, "SIGPWR"},
#endif
    {SIGVTALRM, "SIGVTALRM"}, {SIGPROF, "SIGPROF"}};

std::atomic<Trainer*> stopped{nullptr};
std::atomic<int> signal_number{0};

extern "C" void stop_training(int number, siginfo_t* info, void*) {
  // From this process itself, a write into a pipe that nobody reads.
  if (number == SIGPIPE && info->si_pid == ::getpid()) return;
  int none = 0;
  signal_number.compare_exchange_strong(none, number);
  if (Trainer* trainer = stopped) trainer->request_stop();
}

struct sigaction current_action(int number) {
  struct sigaction action{};
  sigaction(number, nullptr, &action);
  return action;
}

bool is_ours(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == stop_training;
}

}  // namespace

StopOnSignal::StopOnSignal(Trainer* trainer) {
  stopped = trainer;
  signal_number = 0;
  for (const auto& [number, name] : stopping_signals) {
    const struct sigaction before = current_action(number);
    if ((before.sa_flags & SA_SIGINFO) != 0 || before.sa_handler != SIG_DFL) continue;
    struct sigaction action{};
    action.sa_sigaction = stop_training;
    action.sa_flags = SA_SIGINFO | SA_RESTART;  // a file that is being written is written to its end
    sigaction(number, &action, nullptr);
  }
}

StopOnSignal::~StopOnSignal() {
  for (const auto& [number, name] : stopping_signals) {
    if (is_ours(current_action(number))) std::signal(number, SIG_DFL);
  }
  stopped = nullptr;
}

int StopOnSignal::received() const {
  return signal_number;
}

std::string signal_name(int number) {
  const auto* found = std::ranges::find(stopping_signals, number, &StoppingSignal::number);
  return found == std::end(stopping_signals) ? fmt::format("signal {}", number) : found->name;
}

}  // namespace carousel::cli
