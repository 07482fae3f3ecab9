// The task series, for tasks that are series with settings of their own.
#pragma once

#include <memory>
#include <string>

#include "carousel/tasks/settings.h"
#include "carousel/tasks/task_registry.h"
#include "carousel/train/task.h"

namespace carousel {

/// `settings` are those of series_settings(); `name` is what the task is called. Throws Error for whatever of a table or a
/// setting is wrong.
std::unique_ptr<Task> make_series(const Settings& settings, const TaskContext& context,
                                  const std::string& name);

}  // namespace carousel
