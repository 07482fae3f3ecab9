// A training whose work several processes share: how they are started, and who of them speaks.
#pragma once

#include <memory>

#include "carousel/train/process_group.h"

#include "options/option_values.h"
#include "runs/request.h"

namespace carousel::cli {

/// The group that torchrun started this process in, or nothing; `timeout` in seconds. Throws as join_processes does.
std::shared_ptr<ProcessGroup> group_of_this_process(double timeout);

/// Becomes the launcher of --processes with the same words, and does not return. Throws Error where that cannot be.
[[noreturn]] void launch_processes(const OptionValues& values, const Words& words);

/// What of the words and of the program must be the same in every process, a line each.
std::string shared_lines(const OptionValues& values);

}  // namespace carousel::cli
