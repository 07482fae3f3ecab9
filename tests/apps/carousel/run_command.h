// Runs the carousel program as a user would: its own process, arguments, environment and folder.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "io/temporary_folder.h"

namespace carousel {

struct Outcome {
  int exit_code = -1;  ///< 128 + n when signal n ended it
  std::string out, err;

  std::size_t error_lines() const { return static_cast<std::size_t>(std::ranges::count(err, '\n')); }
};

/// How a command is run besides its arguments.
struct Surroundings {
  std::map<std::string, std::string> environment = {};  ///< besides the test's own
  std::optional<rlim_t> file_size = {};                 ///< largest file that may be written, bytes
  bool unprivileged = false;                            ///< as nobody, for whom read-only means something
  std::string input = {};  ///< file of the scratch folder that is stdin; "": the test's own
};

/// A folder of its own in which commands run.
class Scratch {
 public:
  /// Starts the program and does not wait for it.
  pid_t start(const std::vector<std::string>& arguments, const Surroundings& surroundings = {}) const {
    const pid_t child = ::fork();
    if (child == 0) become_program(arguments, surroundings);
    return child;
  }

  Outcome wait_for(pid_t child) const {
    int status = 0;
    ::waitpid(child, &status, 0);
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return {code, content_of(folder_ / "stdout"), content_of(folder_ / "stderr")};
  }

  Outcome run(const std::vector<std::string>& arguments, const Surroundings& surroundings = {}) const {
    return wait_for(start(arguments, surroundings));
  }

  std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }
  const std::filesystem::path& path() const { return folder_.path(); }

  /// Names in runs/, or none where there is no such folder.
  std::set<std::string> runs() const {
    return std::filesystem::exists(folder_ / "runs") ? names_in(folder_ / "runs") : std::set<std::string>{};
  }

 private:
  [[noreturn]] void become_program(const std::vector<std::string>& arguments,
                                   const Surroundings& surroundings) const {
    const auto redirect = [&](const char* name, int descriptor) {
      ::dup2(::open((folder_ / name).c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644), descriptor);
    };
    redirect("stdout", STDOUT_FILENO);
    redirect("stderr", STDERR_FILENO);
    if (!surroundings.input.empty())
      ::dup2(::open((folder_ / surroundings.input).c_str(), O_RDONLY), STDIN_FILENO);
    bool ready = ::chdir(folder_.path().c_str()) == 0;
    for (const auto& [name, value] : surroundings.environment) ::setenv(name.c_str(), value.c_str(), 1);
    if (surroundings.file_size) {
      const rlimit limit{*surroundings.file_size, *surroundings.file_size};
      ready = ready && ::setrlimit(RLIMIT_FSIZE, &limit) == 0;
    }
    if (surroundings.unprivileged && ::geteuid() == 0) ready = ready && ::setuid(65534) == 0;
    std::vector<const char*> words{CAROUSEL_BINARY};
    for (const std::string& word : arguments) words.push_back(word.c_str());
    words.push_back(nullptr);
    if (ready) ::execv(CAROUSEL_BINARY, const_cast<char* const*>(words.data()));
    ::_exit(127);
  }

  TemporaryFolder folder_;
};

/// The smallest training there is; `more` options follow.
inline std::vector<std::string> tiny_training(std::vector<std::string> more = {}) {
  std::vector<std::string> words{"train",
                                 "adding",
                                 "--hidden",
                                 "8",
                                 "--length",
                                 "10",
                                 "--batch",
                                 "4",
                                 "--train-for",
                                 "5u",
                                 "--validation-batches",
                                 "1",
                                 "--stop-at",
                                 "none",
                                 "--name",
                                 "tiny"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// Every file under a folder with its contents.
inline std::map<std::string, std::string> contents_under(const std::filesystem::path& folder) {
  std::map<std::string, std::string> contents;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    contents[entry.path().string()] = entry.is_regular_file() ? content_of(entry.path()) : "";
  }
  return contents;
}

}  // namespace carousel
