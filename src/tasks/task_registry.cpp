#include "carousel/tasks/task_registry.h"

#include "carousel/error.h"
#include "carousel/tasks/adding.h"
#include "carousel/tasks/charlm.h"
#include "carousel/tasks/classify.h"
#include "carousel/tasks/continual_reber.h"
#include "carousel/tasks/copy.h"
#include "carousel/tasks/flip_flop.h"
#include "carousel/tasks/mnist.h"
#include "carousel/tasks/music.h"
#include "carousel/tasks/names.h"
#include "carousel/tasks/order.h"
#include "carousel/tasks/parity.h"
#include "carousel/tasks/reber.h"
#include "carousel/tasks/selective.h"
#include "carousel/tasks/series.h"
#include "carousel/tasks/vowels.h"
#include "carousel/tasks/words.h"
#include "carousel/text.h"

namespace carousel {

TaskRegistry TaskRegistry::with_built_in() {
  TaskRegistry registry;
  for (const auto spec : {adding_task, copy_task, order_task, reber_task, continual_reber_task, parity_task,
                          words_task, flip_flop_task, selective_task, charlm_task, names_task, music_task,
                          vowels_task, mnist_task, series_task, classify_task}) {
    registry.add(spec());
  }
  return registry;
}

void TaskRegistry::add(TaskSpec spec) {
  auto name = spec.name;
  specs_[std::move(name)] = std::move(spec);
}

const TaskSpec& TaskRegistry::find(const std::string& name) const {
  const auto found = specs_.find(name);
  if (found == specs_.end()) throw Error(did_you_mean("task", name, names()));
  return found->second;
}

std::vector<std::string> TaskRegistry::names() const {
  std::vector<std::string> names;
  for (const auto& [name, spec] : specs_) names.push_back(name);
  return names;
}

}  // namespace carousel
