// How far a table is read, while it takes long: on a terminal a line that is redrawn and in the end wiped,
//
//   [#######-----] reading pollution.csv: 63 %, 1.2M rows
//
// elsewhere a line every ten seconds.
#pragma once

#include <chrono>
#include <string>

#include "carousel/data/read_progress.h"

#include "terminal/console.h"

namespace carousel::cli {

class ReadingLine {
 public:
  /// Nothing is said when quiet, nor of what is read within the first half second.
  explicit ReadingLine(bool quiet) : quiet_(quiet) {}

  void show(const ReadProgress& progress);

 private:
  using Clock = std::chrono::steady_clock;

  bool quiet_;
  Console console_;
  Clock::time_point start_ = Clock::now(), said_ = start_;
};

/// "reading pollution.csv: 63 %, 1.2M rows"; without the share where the size is not known, without rows before the first.
std::string reading_text(const ReadProgress& progress);

}  // namespace carousel::cli
