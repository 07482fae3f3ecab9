#include "train/sharing.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <thread>

#include <fmt/format.h>

#include "carousel/data/text.h"
#include "carousel/error.h"
#include "carousel/torch_build.h"
#include "carousel/version.h"

#include "options/toml.h"
#include "system/own_program.h"
#include "system/parent.h"
#include "system/python.h"
#include "system/quiet_stderr.h"
#include "train/embedded.h"

namespace carousel::cli {
namespace {

constexpr std::string_view own_options[] = {"threads", "quiet", "live", "json", "log-every", "runs-dir"};

bool is_own(std::string_view line) {
  return std::ranges::any_of(
      own_options, [&](std::string_view name) { return line.starts_with(std::string(name) + " ="); });
}

}  // namespace

std::shared_ptr<ProcessGroup> group_of_this_process(double timeout) {
  auto found = processes_of_environment();
  if (!found || found->size == 1) return nullptr;
  if (const char* launcher = std::getenv("CAROUSEL_LAUNCHED")) end_with_parent(std::atoi(launcher));
  found->timeout = timeout;
  const QuietStderr quiet;  // Gloo tells of every attempt to connect
  return join_processes(*found);
}

void launch_processes(const OptionValues& values, const Words& words) {
  const auto count = values.integer("processes");
  const auto cores = static_cast<std::int64_t>(std::max(1u, std::thread::hardware_concurrency()));
  if (count > cores)
    fmt::print(stderr,
               "carousel: {} processes on {} cores wait for each other: this is slower than {} would be\n",
               count, cores, cores);
  const std::string python = choose_python("");
  std::vector<std::string> command{
      python, "-c", std::string(embedded::carousel_launch), fmt::format("{}", count), own_program().string(),
      "train"};
  command.insert(command.end(), words.begin(), words.end());
  std::vector<char*> arguments;
  for (auto& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  throw Error(
      fmt::format("--processes {} needs a Python with torch, and '{}' cannot be started ({}): name one in "
                  "CAROUSEL_PYTHON",
                  count, python, std::strerror(errno)));
}

std::string shared_lines(const OptionValues& values) {
  std::string lines = fmt::format("carousel {}\nLibTorch {}\n", CAROUSEL_VERSION, torch_version);
  const std::string toml = to_toml(values);
  for (const auto line : split_lines(toml)) {
    if (!is_own(line)) lines += fmt::format("{}\n", line);
  }
  return lines;
}

}  // namespace carousel::cli
