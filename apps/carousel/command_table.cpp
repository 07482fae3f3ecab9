#include "command_table.h"

#include <array>

#include "bench/bench.h"
#include "commands/commands.h"
#include "compare/compare.h"
#include "demo/demo.h"
#include "doctor/doctor.h"
#include "exchange/exchange.h"
#include "flow/flow.h"
#include "predict/predict.h"
#include "report/report.h"
#include "runs/request.h"
#include "sweep/sweep.h"
#include "train/train.h"

namespace carousel::cli {

std::span<const CommandEntry> all_commands() {
  static constexpr std::array commands{
      CommandEntry{"train", "train a network on a task; the first thing to try", train_command, train},
      CommandEntry{"sweep", "train many networks, and tell which settings are better than chance",
                   sweep_command, sweep},
      CommandEntry{"eval", "measure a trained run on a split of its data", eval_command, eval},
      CommandEntry{"predict", "answer a table with a trained run: forecasts, classes, numbers",
                   predict_command, predict},
      CommandEntry{"flow", "analyse what the gradient does on its way back: a run, or an untrained network",
                   flow_command, flow},
      CommandEntry{"compare", "train on both sides, here and in Python's PyTorch, and show the differences",
                   compare_command, compare},
      CommandEntry{"sample", "write text with a trained run", sample_command, sample},
      CommandEntry{"report", "write one HTML page that shows a run, or compares several", report_command,
                   report},
      CommandEntry{"demo", "show on one page why gradients explode and vanish, measured here and now",
                   demo_command, demo},
      CommandEntry{"export", "write a run's weights as safetensors, torch's .pt or ONNX", export_command,
                   export_run},
      CommandEntry{"import", "make a run of a model that was trained in Python", import_command,
                   import_model},
      CommandEntry{"bench", "time a cell on each engine against torch's own layer", bench_command, bench},
      CommandEntry{"doctor", "look at the set-up and at a run: what is wrong, and what to do", doctor_command,
                   doctor},
      CommandEntry{"list", "show the tasks, cells, optimisers or schedules there are", list_command, list},
  };
  return commands;
}

std::vector<std::string> commands_with(const std::string& option, const Registries& registries) {
  std::vector<std::string> names;
  for (const CommandEntry& command : all_commands()) {
    const std::vector<Option> options = command.describe(registries).options;
    if (find_option(options, option) != nullptr) names.emplace_back(command.name);
  }
  return names;
}

}  // namespace carousel::cli
