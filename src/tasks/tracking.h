// What parity and words share: the word problem of a group as a task.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "carousel/tasks/settings.h"
#include "carousel/train/task.h"

namespace carousel {

/// A task that asks for the running product of `group`'s elements; it reads the settings "length" and "batch".
std::unique_ptr<Task> tracking_task(const std::string& name, const std::string& group,
                                    const Settings& settings, std::uint64_t seed);

}  // namespace carousel
