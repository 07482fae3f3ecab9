// carousel train

#include "train/train.h"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

#include <fmt/format.h>

#include "carousel/error.h"

#include "options/toml.h"
#include "runs/request.h"
#include "terminal/output.h"
#include "terminal/said.h"
#include "train/sharing.h"
#include "train/training_run.h"

namespace carousel::cli {
namespace {

Words command_of(const Words& words) {
  Words command{"carousel", "train"};
  command.insert(command.end(), words.begin(), words.end());
  return command;
}

/// Ends this process for what was just caught: with its sentence, which names the rank, or without one where another says it. What
/// the launcher says, it knows by an exit code that is as of a signal.
[[noreturn]] void end_together(ProcessGroup& group, int code, const std::string& what, bool of_another,
                               bool launcher_says = false) {
  if (!group.says(what, of_another) || launcher_says) {
    std::this_thread::sleep_for(
        std::chrono::seconds(1));  // who started the processes ends the others with the first
    throw Said{launcher_says ? 128 + SIGTERM : code};
  }
  const std::string sentence = group.rank() == 0 ? what : fmt::format("rank {}: {}", group.rank(), what);
  if (code == 3) throw NonFiniteError(sentence);
  if (code == 2) throw Error(sentence);
  throw SystemError(sentence);
}

/// The same training in every process of the group. One that torchrun started anew goes on with the run that it had.
int train_together(const std::shared_ptr<ProcessGroup>& group, TrainRequest request, const Words& words,
                   const Registries& registries) try {
  Words used = words;
  if (const std::string run = group->recall("run"); !run.empty() && !request.resumed) {
    used = {"--resume", run};
    request = *read_train_request(used, registries);
  }
  if (!request.values.text("checkpoint").empty())
    throw Error(
        "going back with --checkpoint is done in one process: leave --processes out, or --checkpoint");
  require_equal(*group, "options", shared_lines(request.values));
  return TrainingRun(std::move(request), registries, command_of(used), group).run();
} catch (const ProcessEnded& error) {
  end_together(*group, 1, error.what(), true, std::getenv("CAROUSEL_LAUNCHED") != nullptr);
} catch (const ProcessError& error) {
  end_together(*group, 1, error.what(), true);
} catch (const NonFiniteError& error) {
  end_together(*group, 3, error.what(), false);
} catch (const Error& error) {
  end_together(*group, 2, error.what(), false);
} catch (const std::exception& error) {
  end_together(*group, 1, error.what(), false);
}

/// What is wrong with the words is said once, where all processes were given the same.
std::optional<TrainRequest> read_request(const Words& words, const Registries& registries) try {
  return read_train_request(words, registries);
} catch (const Error& error) {
  constexpr double seconds = 10.0;
  const auto group = group_of_this_process(seconds);
  if (!group) throw;
  end_together(*group, 2, error.what(), false);
}

}  // namespace

int train(const Words& words, const Registries& registries) {
  auto request = read_request(words, registries);
  if (!request) return 0;
  if (request->values.flag("dump-config")) {
    print(to_toml(request->values));
    return 0;
  }
  if (const auto group = group_of_this_process(request->values.number("process-timeout")))
    return train_together(group, std::move(*request), words, registries);
  if (request->values.integer("processes") > 1) launch_processes(request->values, words);
  return TrainingRun(std::move(*request), registries, command_of(words)).run();
}

}  // namespace carousel::cli
