#include "cli.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <new>

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/text.h"
#include "carousel/version.h"

#include "bench/bench.h"
#include "commands/commands.h"
#include "compare/compare.h"
#include "demo/demo.h"
#include "exchange/exchange.h"
#include "flow/flow.h"
#include "report/report.h"
#include "system/freed_memory.h"
#include "terminal/output.h"
#include "train/train.h"

namespace carousel::cli {
namespace {

struct Entry {
  const char* name;
  const char* summary;
  int (*run)(const Words&, const Registries&);
};

constexpr std::array commands{
    Entry{"train", "train a network on a task; the first thing to try", train},
    Entry{"eval", "measure a trained run on a split of its data", eval},
    Entry{"flow", "analyse what the gradient does on its way back: a run, or an untrained network", flow},
    Entry{"compare", "train on both sides, here and in Python's PyTorch, and show the differences", compare},
    Entry{"sample", "write text with a trained run", sample},
    Entry{"report", "write one HTML page that shows a run, or compares several", report},
    Entry{"demo", "show on one page why gradients explode and vanish, measured here and now", demo},
    Entry{"export", "write a run's weights as safetensors, torch's .pt or ONNX", export_run},
    Entry{"import", "make a run of a model that was trained in Python", import_model},
    Entry{"bench", "time a cell on each engine against torch's own layer", bench},
    Entry{"list", "show the tasks, cells, optimisers or schedules there are", list},
};

std::string short_help() {
  std::string text =
      "Trains recurrent networks and shows how far their gradients reach.\n\nUsage: carousel COMMAND ...\n\n";
  for (const Entry& command : commands) text += fmt::format("  {:<8} {}\n", command.name, command.summary);
  return text +
         "\n  carousel COMMAND --help   all options of a command\n  carousel --version        versions of "
         "Carousel and "
         "LibTorch\n";
}

int dispatch(const Words& words, const Registries& registries) {
  if (words.empty() || words.front() == "--help" || words.front() == "help") {
    print(short_help());
    return 0;
  }
  if (words.front() == "--version") {
    print("carousel " CAROUSEL_VERSION ", LibTorch " CAROUSEL_TORCH_VERSION ", " CAROUSEL_BLAS "\n");
    return 0;
  }
  const auto command =
      std::ranges::find_if(commands, [&](const Entry& c) { return c.name == words.front(); });
  if (words.front() != "bench") keep_freed_memory();
  if (command != commands.end()) return command->run({words.begin() + 1, words.end()}, registries);
  Words names{"--help", "--version"};
  for (const Entry& entry : commands) names.emplace_back(entry.name);
  throw Error(did_you_mean("command", words.front(), names));
}

int fail(int code, const std::string& sentence) {
  std::fflush(stdout);
  std::fprintf(stderr, "carousel: %s\n", sentence.c_str());
  return code;
}

constexpr const char* no_memory =
    "there is not enough memory for this; try a smaller --batch, --hidden or --length, or gradients cut by "
    "--tbptt";

int fail_in_torch(const c10::Error& error) {
  const std::string what = error.what_without_backtrace();
  const bool memory =
      what.find("allocate memory") != std::string::npos || what.find("out of memory") != std::string::npos;
  if (memory) return fail(1, no_memory);
  return fail(1, fmt::format("LibTorch refused: {}; please report this with the command",
                             what.substr(0, what.find('\n'))));
}

}  // namespace

int run(int argc, const char* const* argv, const Registries& registries) try {
  std::signal(SIGXFSZ, SIG_IGN);  // a file size limit becomes an error that can be told
  return dispatch({argv + std::min(argc, 1), argv + argc}, registries);
} catch (const NonFiniteError& error) {
  return fail(3, error.what());
} catch (const Error& error) {
  return fail(2, error.what());
} catch (const SystemError& error) {
  return fail(1, error.what());
} catch (const c10::Error& error) {
  return fail_in_torch(error);
} catch (const std::bad_alloc&) {
  return fail(1, no_memory);
} catch (const std::exception& error) {
  return fail(1, fmt::format("unexpected: {}; please report this with the command", error.what()));
}

}  // namespace carousel::cli
