#include "cli.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <new>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "carousel/data/text.h"
#include "carousel/error.h"
#include "carousel/text.h"
#include "carousel/torch_build.h"
#include "carousel/version.h"

#include "command_table.h"
#include "runs/learned_cells.h"
#include "runs/torch_failure.h"
#include "system/freed_memory.h"
#include "terminal/output.h"
#include "terminal/said.h"

namespace carousel::cli {
namespace {

std::string short_help() {
  std::string text =
      "Trains recurrent networks and shows how far their gradients reach.\n\nUsage: carousel COMMAND ...\n\n";
  for (const CommandEntry& command : all_commands())
    text += fmt::format("  {:<8} {}\n", command.name, command.summary);
  return text +
         "\n  carousel COMMAND --help   all options of a command\n  carousel --version        versions of "
         "Carousel and "
         "LibTorch\n";
}

/// Runs the command. An option that is like none of its own may be another command's: which is told.
int run_command(const CommandEntry& command, const Words& words, const Registries& registries) try {
  return command.run(words, registries);
} catch (const UnknownOption& unknown) {
  const auto others = commands_with(unknown.option, registries);
  if (others.empty()) throw;
  throw Error(fmt::format("carousel {} has no option '--{}': it is one of {}; see carousel {} --help",
                          command.name, unknown.option, join(others), command.name));
}

int dispatch(const Words& words, const Registries& registries) {
  if (words.empty() || words.front() == "--help" || words.front() == "help") {
    print(short_help());
    return 0;
  }
  if (words.front() == "--version") {
    print(fmt::format("carousel {}, LibTorch {}, {}\n", CAROUSEL_VERSION, torch_version, torch_blas));
    return 0;
  }
  const auto commands = all_commands();
  const auto command =
      std::ranges::find_if(commands, [&](const CommandEntry& c) { return c.name == words.front(); });
  if (words.front() != "bench") keep_freed_memory();
  if (command != commands.end()) {
    const Words rest(words.begin() + 1, words.end());
    Registries known = registries;
    if (std::ranges::find(rest, "--help") == rest.end()) learn_cells(rest, known);
    return run_command(*command, rest, known);
  }
  Words names{"--help", "--version"};
  for (const CommandEntry& entry : commands) names.emplace_back(entry.name);
  throw Error(did_you_mean("command", words.front(), names));
}

/// What was given stands in the sentence, and may be anything: one line that steers no terminal, its middle left
/// out where it is longer than a page.
std::string one_line(std::string_view sentence) {
  constexpr std::size_t begin = 1000, end = 400;
  if (sentence.size() <= begin + end) return visible(sentence);
  return fmt::format("{} ... {}", visible(sentence.substr(0, begin)),
                     visible(sentence.substr(sentence.size() - end)));
}

int fail(int code, const std::string& sentence) {
  std::signal(SIGPIPE, SIG_IGN);  // the code tells also those who do not read the sentence
  std::fflush(stdout);
  std::fprintf(stderr, "carousel: %s\n", one_line(sentence).c_str());
  return code;
}

/// What the file system says of a path before a reader or writer does.
int fail_at_path(const std::filesystem::filesystem_error& error) {
  const std::error_code& code = error.code();
  const bool given_wrong =
      code == std::errc::filename_too_long || code == std::errc::no_such_file_or_directory ||
      code == std::errc::not_a_directory || code == std::errc::too_many_symbolic_link_levels;
  return fail(given_wrong ? 2 : 1,
              fmt::format("cannot use '{}': {}; give another path, or make this one accessible",
                          error.path1().string(), code.message()));
}

constexpr const char* no_memory =
    "there is not enough memory for this; try a smaller --batch, --hidden or --length, or gradients cut by "
    "--tbptt";

int fail_unexpectedly(const std::exception& error) {
  if (const auto failure = torch_failure(error)) {
    return fail(
        1, failure->out_of_memory
               ? no_memory
               : fmt::format("LibTorch refused: {}; please report this with the command", failure->sentence));
  }
  return fail(1, fmt::format("unexpected: {}; please report this with the command", error.what()));
}

/// Of the three standard descriptors those that are closed: the first files that are opened would be taken for
/// them, and what is printed would be written into a run. /dev/null, the wrong way round, refuses it.
void occupy_standard_descriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) != -1) continue;
    [[maybe_unused]] const int taken = ::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

}  // namespace

int run(int argc, const char* const* argv, const Registries& registries) try {
  occupy_standard_descriptors();
  std::signal(SIGXFSZ, SIG_IGN);  // a file size limit becomes an error that can be told
  return dispatch({argv + std::min(argc, 1), argv + argc}, registries);
} catch (const nlohmann::json::exception& error) {
  constexpr int not_utf8 = 316;  // of what was to be written
  if (error.id == not_utf8) return fail_unexpectedly(error);
  return fail(
      2, fmt::format("a JSON file of the run is damaged ({}): restore it, or start a new run", error.what()));
} catch (const Said& said) {
  return said.code;
} catch (const NonFiniteError& error) {
  return fail(3, error.what());
} catch (const Error& error) {
  return fail(2, error.what());
} catch (const SystemError& error) {
  return fail(1, error.what());
} catch (const std::filesystem::filesystem_error& error) {
  return fail_at_path(error);
} catch (const std::bad_alloc&) {
  return fail(1, no_memory);
} catch (const std::exception& error) {
  return fail_unexpectedly(error);
}

}  // namespace carousel::cli
