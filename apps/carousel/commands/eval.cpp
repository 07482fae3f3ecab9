// carousel eval
#include <algorithm>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/io/file.h"
#include "carousel/model/sequence_model.h"
#include "carousel/text.h"
#include "carousel/train/evaluate.h"
#include "carousel/train/task.h"

#include "commands/commands.h"
#include "options/arguments.h"
#include "options/option_group.h"
#include "options/shared_options.h"
#include "options/train_options.h"
#include "predict/answering.h"
#include "predict/scores.h"
#include "runs/experiment.h"
#include "runs/run_record.h"
#include "runs/saved_run.h"
#include "terminal/output.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

std::vector<Option> eval_options(const Registries& registries, const TaskSpec& task) {
  OptionGroup evaluation("Evaluation"), data("Data, where it is not the run's"), run("Run");
  evaluation.add(split_option());
  evaluation.integer("batches", 0, at_least(0), "batches that are measured; 0: all of the split");
  evaluation.text("predictions", "", "FILE",
                  "of tasks over tables: also write every answer with its truth, as CSV");
  evaluation.flag("torch", false, "also run the same weights in torch's own layer, and print the difference");
  for (const Option& setting : task_settings(registries.tasks, task)) {
    if (setting.name == "split")
      continue;  // here it is the part that is measured; how series splits stays the run's
    data.add(setting).shown_default = "as the run had it";
  }
  for (const Option& option :
       {checkpoint_option(), device_option(), json_option("the result"), help_option()})
    run.add(option);
  return options_of({evaluation, data, run});
}

Split split_from(const std::string& name) {
  if (name == "train") return Split::train;
  return name == "test" ? Split::test : Split::valid;
}

/// Every split there is has batches; train of generated data has no end.
std::int64_t batches_to_measure(const Task& task, Split split, const OptionValues& asked) {
  const std::int64_t wanted = asked.integer("batches"), there = task.batches(split);
  if (there > 0 || (split == Split::train && wanted > 0)) return wanted;
  if (split == Split::train) {
    throw Error(
        fmt::format("the training data of {} is generated without end: say how much of it by --batches N",
                    task.facts().name));
  }
  throw Error(
      fmt::format("{} has no {} data here; try another --split", task.facts().name, asked.text("split")));
}

std::string result_text(const json& result) {
  const auto text = [&](const char* key) { return result[key].get<std::string>(); };
  const auto number = [&](const char* key) { return result[key].get<double>(); };
  std::string shown =
      fmt::format("{}, {} split, {}\nloss      {:.6g}\nmetric    {:.6g} ({})\nbaseline  {:.6g}: {}\n",
                  text("task"), text("split"), text("checkpoint"), number("loss"), number("metric"),
                  text("metric_name"), number("baseline"), text("baseline_text"));
  if (result.contains("torch_loss")) {
    shown +=
        fmt::format("torch     loss {:.6g} with the same weights in its own layer, a difference of {:.1e}\n",
                    number("torch_loss"), number("loss") - number("torch_loss"));
  }
  if (result.contains("scores")) shown += scores_text(result["scores"]);
  return shown;
}

/// Where every answer of a task over tables is written; empty where nobody asked. Throws Error where that cannot be.
std::filesystem::path predictions_file(const OptionValues& asked, const Task& task) {
  if (asked.text("predictions").empty()) return {};
  as_table_task(task, "eval --predictions");
  return output_file(asked, "predictions.csv", "predictions");
}

/// The answers' scores in the unit of the data; null of a task that is not over tables.
json scores_of(const TableTask* table, const Answers& answers, const std::filesystem::path& file,
               const SavedRun& run) {
  if (!table) return nullptr;
  require_finite(answers, table->table());
  if (!file.empty())
    write_file_atomically(file,
                          answers_csv(answers, table->table(), answer_columns(run.memory.schema, answers)));
  return scores_json(answers);
}

/// The values with the run's cell replaced by torch's own layer of the same weights.
OptionValues with_torchs_layer(OptionValues values, const CellRegistry& cells) {
  const std::string cell = values.text("cell"), torchs = "torch-" + cell;
  const auto known = cells.names();
  if (std::ranges::find(known, torchs) == known.end()) {
    throw Error(fmt::format("torch has no layer of its own for the cell {}: leave out --torch", cell));
  }
  values.choose("cell", torchs);
  return values;
}

/// "4 inputs and 2 outputs".
std::string sizes_text(const TaskFacts& task) {
  return fmt::format("{} inputs and {} outputs", task.input_size, task.output_size);
}

/// Throws Error where the settings given here ask for another model than the run's: length and batch may change, the
/// number of channels may not.
void require_the_runs_sizes(const TaskFacts& task, const TaskFacts& of_run,
                            const std::vector<Given>& settings) {
  if (task.input_size == of_run.input_size && task.output_size == of_run.output_size) return;
  std::vector<std::string> given;
  for (const Given& setting : settings) given.push_back(fmt::format("--{} {}", setting.name, setting.text));
  throw Error(
      fmt::format("with {} the task {} has {}, and the run's model has {}: leave out what changes them, or "
                  "train a run with it",
                  join(given), task.name, sizes_text(task), sizes_text(of_run)));
}

}  // namespace

Command eval_command(const Registries& registries) {
  const TaskSpec& any = registries.tasks.find(first_task);
  return {.name = "eval",
          .summary = "Measures a trained run on a split of its data, or on data given here.",
          .positionals = {{"RUN", "folder of the run, such as runs/adding-lstm-001"}},
          .options = eval_options(registries, any)};
}

int eval(const Words& words, const Registries& registries) {
  const Command command = eval_command(registries);
  const Arguments arguments = parse_arguments(command, words);
  if (arguments.help()) {
    print(help_text(command, true));
    return 0;
  }
  SavedRun run = open_saved_run(arguments.positionals.front(), "eval", registries);
  OptionValues& saved = run.request.values;
  OptionValues asked(eval_options(registries, *run.request.task));
  std::vector<Given> settings, device, own;
  for (const Given& given : arguments.given) {
    const bool setting = !asked.option(given.name).tasks.empty();
    (setting ? settings : given.name == "device" ? device : own).push_back(given);
  }
  asked.apply(Layer::flag, own);
  const OptionValues trained = saved;
  saved.apply(Layer::flag, settings);
  saved.apply(Layer::flag, device);

  use_threads(saved.integer("threads"));
  const auto weights = weights_file(run.folder, asked.text("checkpoint"));
  const auto task = make_task(*run.request.task, saved, run.memory, true);
  // Of data the run keeps alphabet and schema, which fix the sizes; and its own files may be gone.
  if (run.request.task->needs.empty() && !settings.empty())
    require_the_runs_sizes(task->facts(), make_task(*run.request.task, trained, run.memory, true)->facts(),
                           settings);
  const Split split = split_from(asked.text("split"));
  const auto predictions = predictions_file(asked, *task);
  const auto* table = dynamic_cast<const TableTask*>(task.get());
  Answers answers;
  const auto keep_answers = [&](const torch::Tensor& output, const Batch& batch) {
    if (table) table->add_answers(output, batch, split, answers);
  };
  const auto measure = [&](const OptionValues& values, const auto& each) {
    const auto model = load_model(task->facts(), values, weights, registries.cells);
    const std::int64_t batches = batches_to_measure(*task, split, asked);
    try {
      return evaluate(*task, *model, split, batches, each);
    } catch (const NonFiniteError& error) {
      throw NonFiniteError(fmt::format("{}, with the weights of {}: evaluate those of another --checkpoint",
                                       error.what(), weights.string()));
    }
  };
  const Score score = measure(saved, keep_answers);
  const json scores = scores_of(table, answers, predictions, run);

  const TaskFacts& facts = task->facts();
  const Baseline baseline = task->baseline(split);
  json result{{"run", run.folder.path().string()},
              {"task", facts.name},
              {"split", asked.text("split")},
              {"checkpoint", weights.string()},
              {"loss", score.loss()},
              {"metric_name", facts.metric},
              {"metric", score.metric()},
              {"lower_is_better", facts.lower_is_better},
              {"baseline", baseline.metric},
              {"baseline_text", baseline.text}};
  if (!scores.is_null()) result["scores"] = scores;
  if (asked.flag("torch"))
    result["torch_loss"] = measure(with_torchs_layer(saved, registries.cells), nullptr).loss();
  print(asked.flag("json") ? json_text(result) : result_text(result));
  return 0;
}

}  // namespace carousel::cli
