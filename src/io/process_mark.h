// Which process something belongs to, so that what it left behind when it was killed can be told from what it still uses.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace carousel {

/// A process among all of all machines. A number alone is given again to another process; with the time it
/// started it is not.
struct ProcessMark {
  std::string host;
  std::int64_t pid = 0;
  std::string start = {};  ///< clock ticks since boot, "" where the system does not tell
};

/// This process.
const ProcessMark& own_mark();

enum class ProcessState { running, gone, elsewhere };

/// Whether a process still runs; elsewhere: it is another machine's, of which nothing is known here.
ProcessState state_of(const ProcessMark& mark);

/// A name for something temporary of this process: ".carousel-<host>-<pid>-<start>-<count><ending>". Short, so
/// that a path that is allowed never fails for what is appended to it.
std::string temporary_name(std::string_view ending);

/// Whether a name is one of those, of a process of this machine that is gone.
bool is_left_behind(std::string_view name);

}  // namespace carousel
