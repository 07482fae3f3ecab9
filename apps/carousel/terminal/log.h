// What the program says while it works: on stderr through the console, and with the time in the run's log.txt.
#pragma once

#include <filesystem>
#include <string>

#include <spdlog/logger.h>

#include "terminal/console.h"

namespace carousel::cli {

class Log {
 public:
  /// Quiet: only warnings reach stderr. The console must outlive the log.
  Log(Console& console, bool quiet);

  /// From now on also into this file. Throws SystemError when it cannot be written, now or later.
  void write_to(const std::filesystem::path& file);

  void note(const std::string& text) { logger_.debug("{}", text); }  ///< log.txt only
  void say(const std::string& text) { logger_.info("{}", text); }    ///< and stderr
  void warn(const std::string& text) { logger_.warn("{}", text); }   ///< stderr also when quiet

 private:
  spdlog::logger logger_;
};

}  // namespace carousel::cli
