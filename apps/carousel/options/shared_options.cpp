#include "options/shared_options.h"

#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "carousel/error.h"

#include "options/option_group.h"

namespace carousel::cli {

Option help_option() {
  return {.name = "help",
          .group = "Run",
          .kind = Kind::flag,
          .value = "false",
          .help = "print this and stop",
          .saved = false,
          .may_change = true,
          .command_line_only = true};
}

Option json_option(const std::string& what) {
  return OptionGroup("Run").flag("json", false, fmt::format("print {} as JSON", what));
}

Option output_option(const std::string& help) {
  return OptionGroup("File").text("output", "", "FILE", help);
}

std::filesystem::path output_file(const OptionValues& asked, const std::filesystem::path& standard,
                                  const std::string& option) {
  const std::string& text = asked.text(option);
  if (text.empty()) return standard;
  const std::filesystem::path named = text, folder = named.parent_path();
  if (std::filesystem::is_directory(named)) return named / standard.filename();
  if (!folder.empty() && !std::filesystem::is_directory(folder)) {
    throw Error(fmt::format("--{} is '{}', but there is no folder '{}': create it first", option, text,
                            folder.string()));
  }
  return named;
}

Option threads_option() {
  Option option = OptionGroup("Run").integer("threads", 1, {.min = 1, .max = 4096}, "CPU threads");
  option.value = option.unset = "auto";
  option.shown_default = "all cores";
  return option;
}

std::int64_t asked_threads(const OptionValues& asked) {
  const auto cores = static_cast<std::int64_t>(std::max(1u, std::thread::hardware_concurrency()));
  return asked.is_set("threads") ? asked.integer("threads") : cores;
}

Option seed_option() {
  return OptionGroup("Run").integer("seed", 1, {.min = 0, .max = 9007199254740991},
                                    "all that is left to chance follows from it");
}

Option dtype_option() {
  return OptionGroup("Model").choice("dtype", "float", {"float", "double"},
                                     "type of the weights and of all numbers computed from them");
}

Option device_option() {
  return OptionGroup("Run").text("device", "cpu", "DEVICE", "where it is computed: cpu, cuda or cuda:N");
}

Option checkpoint_option() {
  Option option =
      OptionGroup("Run").text("checkpoint", "", "WHICH",
                              "weights: best, last, one that was kept such as update-000500, or the path of "
                              "a checkpoint's folder, of a .safetensors or of a .pt file");
  option.shown_default = "best";
  return option;
}

Option split_option() {
  return OptionGroup("Data").choice("split", "valid", {"valid", "test", "train"}, "part of the data");
}

}  // namespace carousel::cli
