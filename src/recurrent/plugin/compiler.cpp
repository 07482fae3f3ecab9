#include "recurrent/plugin/compiler.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/io/file.h"

#include "recurrent/plugin/cell_build.h"

namespace carousel {

namespace fs = std::filesystem;

namespace {

constexpr const char* header_to_find = "carousel/recurrent/cell_plugin.h";

std::vector<std::string> options_of(const fs::path& program) {
  std::vector<std::string> options{"-std=c++20", "-O3", "-fno-math-errno",    "-fPIC",
                                   "-shared",    "-w",  "-fvisibility=hidden"};
  // clang gives a constant expression a million steps, too few for the derivative of a large cell
  if (program.filename().string().find("clang") != std::string::npos)
    options.emplace_back("-fconstexpr-steps=50000000");
  return options;
}

bool can_run(const fs::path& file) {
  return ::access(file.c_str(), X_OK) == 0 && !fs::is_directory(file);
}

/// A program by its path, or looked for on PATH; empty where there is none.
fs::path on_path(const std::string& name) {
  if (name.empty()) return {};
  if (name.find('/') != std::string::npos) return can_run(name) ? fs::path(name) : fs::path();
  const char* path = std::getenv("PATH");
  std::string_view rest = path ? path : "/usr/bin:/bin";
  for (;;) {
    const auto colon = rest.find(':');
    const fs::path file = fs::path(rest.substr(0, colon)) / name;
    if (can_run(file)) return file;
    if (colon == std::string_view::npos) return {};
    rest.remove_prefix(colon + 1);
  }
}

fs::path find_program(const fs::path& asked, const std::string& file) {
  const char* variable = std::getenv("CXX");
  const std::string named = !asked.empty() ? asked.string() : variable ? variable : "";
  if (!named.empty()) {
    const fs::path found = on_path(named);
    if (found.empty())
      throw Error(fmt::format("'{}' needs a C++ compiler, and '{}' cannot be run: set CXX to one that can",
                              file, named));
    return found;
  }
  for (const char* name : {build_compiler, "c++", "g++", "clang++"}) {
    if (fs::path found = on_path(name); !found.empty()) return found;
  }
  throw Error(fmt::format(
      "'{}' needs a C++ compiler, and there is none on PATH: install g++ or clang, or set CXX", file));
}

std::vector<fs::path> find_include(const fs::path& asked, const std::string& file) {
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  const std::vector<fs::path> places{asked, build_include, program.parent_path().parent_path() / "include",
                                     installed_include};
  for (const fs::path& place : places) {
    if (place.empty() || !fs::exists(place / header_to_find, ignored)) continue;
    if (place == build_include) return {place, build_generated};
    return {place};
  }
  throw Error(fmt::format(
      "'{}' needs Carousel's headers, and they are in none of the places where they were when it was built: "
      "install Carousel, or build it from its sources",
      file));
}

fs::path find_keep(const fs::path& asked) {
  if (!asked.empty()) return asked;
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return fs::path(value ? value : "");
  };
  if (const fs::path own = variable("CAROUSEL_CELL_CACHE"); !own.empty()) return own;
  if (::access(build_folder, W_OK) == 0) return fs::path(build_folder) / "cells";
  if (const fs::path cache = variable("XDG_CACHE_HOME"); !cache.empty()) return cache / "carousel/cells";
  if (const fs::path home = variable("HOME"); !home.empty()) return home / ".cache/carousel/cells";
  return fs::temp_directory_path() / fmt::format("carousel-cells-{}", ::getuid());
}

}  // namespace

CellTools find_tools(const CellCompiler& asked, const std::string& file) {
  return {find_program(asked.program, file), find_include(asked.include, file), find_keep(asked.keep)};
}

std::string fingerprint(const CellTools& tools) {
  std::error_code ignored;
  std::string all = fmt::format("{} {}", tools.program.string(), fs::file_size(tools.program, ignored));
  for (const auto& option : options_of(tools.program)) all += " " + option;
  std::vector<fs::path> headers;
  for (const char* folder : {"carousel/cells", "carousel/recurrent"}) {
    for (const auto& entry : fs::recursive_directory_iterator(tools.include.front() / folder)) {
      if (entry.path().extension() == ".h") headers.push_back(entry.path());
    }
  }
  std::ranges::sort(headers);
  for (const fs::path& header : headers) all += read_file(header);
  return all;
}

Compiled compile(const CellTools& tools, const fs::path& source, const fs::path& library) {
  std::vector<std::string> words{tools.program.string()};
  for (const auto& option : options_of(tools.program)) words.push_back(option);
  for (const fs::path& folder : tools.include) words.push_back("-I" + folder.string());
  words.insert(words.end(), {"-o", library.string(), source.string()});
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  const std::string log = library.string() + ".log";
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  pid_t child = -1;
  const int failed = ::posix_spawn(&child, tools.program.c_str(), &files, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  if (failed != 0)
    throw SystemError(
        fmt::format("cannot run the compiler '{}': {}", tools.program.string(), std::strerror(failed)));
  int status = 0;
  while (::waitpid(child, &status, 0) == -1 && errno == EINTR) {
  }
  std::string output = read_file(log);
  std::error_code ignored;
  fs::remove(log, ignored);
  if (WIFSIGNALED(status)) {
    throw SystemError(
        fmt::format("the compiler '{}' was stopped by signal {}", tools.program.string(), WTERMSIG(status)));
  }
  return {WEXITSTATUS(status) == 0, std::move(output)};
}

}  // namespace carousel
