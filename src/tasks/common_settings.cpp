#include "carousel/tasks/common_settings.h"

#include <fmt/format.h>

#include "carousel/error.h"

namespace carousel {

Setting batch_setting(std::int64_t sequences) {
  return {.name = "batch", .value = sequences, .help = "sequences in a batch", .min = 1, .max = 100'000};
}

Setting pack_setting(const std::string& what) {
  return {.name = "pack",
          .value = false,
          .help = "lay the " + what +
                  " of a batch end to end, each from the start state: the same loss, from fewer rows"};
}

Setting length_setting(std::int64_t steps, std::int64_t min) {
  return {.name = "length",
          .value = steps,
          .help = "steps of a sequence",
          .min = static_cast<double>(min),
          .max = 1'000'000};
}

Setting path_setting(std::string name, std::string help) {
  return {.name = std::move(name), .value = std::string(), .help = std::move(help), .is_path = true};
}

std::filesystem::path needed_path(const Settings& settings, const std::string& name, const std::string& task,
                                  const std::string& what, const std::string& placeholder) {
  const auto& path = settings.text(name);
  if (path.empty()) {
    throw Error(fmt::format("{} needs {}: give --{} {} (data/README.md says where one is found)", task, what,
                            name, placeholder));
  }
  return path;
}

}  // namespace carousel
