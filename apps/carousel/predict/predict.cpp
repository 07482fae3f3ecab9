#include "predict/predict.h"

#include <iostream>

#include <fmt/format.h>

#include "carousel/data/text.h"
#include "carousel/error.h"
#include "carousel/io/file.h"
#include "carousel/model/sequence_model.h"
#include "carousel/tasks/series.h"

#include "options/command_line.h"
#include "options/option_group.h"
#include "options/shared_options.h"
#include "predict/answering.h"
#include "predict/follow.h"
#include "predict/rollout.h"
#include "predict/scores.h"
#include "runs/experiment.h"
#include "runs/run_record.h"
#include "terminal/output.h"
#include "terminal/reading_line.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

/// What was asked for, and does not go together, before anything is read.
void check_asked(const OptionValues& asked) {
  const bool follows = asked.flag("follow");
  if (follows == !asked.text("data").empty()) {
    throw Error(
        follows ? fmt::format("--follow reads lines from stdin, but --data is {}: give one of them",
                              asked.text("data"))
                : "carousel predict needs a table: give --data FILE, or --follow to read lines from stdin");
  }
  if (follows && !asked.text("output").empty())
    throw Error("--follow answers on stdout, line by line: leave --output out, or send stdout into a file");
  if (asked.flag("keep-state") && !follows)
    throw Error("--keep-state is for --follow, where the state can go on from line to line: leave it out");
}

json summary_of(const Answers& answers, const std::string& run, const std::string& output) {
  json summary{{"run", run}, {"answers", answers.rows.size()}, {"scores", scores_json(answers)}};
  summary["output"] = output.empty() ? json(nullptr) : json(output);
  return summary;
}

std::string summary_text(const json& summary) {
  std::string text = fmt::format("{} answers in {}\n", summary["answers"].get<std::size_t>(),
                                 summary["output"].get<std::string>());
  return text + scores_text(summary["scores"]);
}

/// Only what the table says: a run's data is not needed.
TaskContext context_of(const SavedRun& run, const OptionValues& asked) {
  const std::string& every = asked.text("every");
  return {.memory = run.memory,
          .measured = true,
          .answer_every = every == "horizon" ? std::int64_t{-1} : parse_number<std::int64_t>(every).value()};
}

void require_memory(const SavedRun& run) {
  if (!run.memory.schema.empty()) return;
  throw Error(fmt::format(
      "the run '{}' has no schema.json, which says how a table is read: predict needs a run of a task over "
      "tables (series, classify)",
      run.folder.path().string()));
}

/// Streams and rollouts go on in time.
void require_series(const SavedRun& run, const OptionValues& asked) {
  const bool follows = asked.flag("follow");
  if (run.request.task->name == "series" || (!follows && asked.integer("rollout") == 0)) return;
  throw Error(fmt::format("{} goes on from row to row of a series, and the run '{}' is of {}: {}",
                          follows ? "--follow" : "--rollout", run.folder.path().string(),
                          run.request.task->name,
                          follows ? "give its rows as a table by --data FILE" : "leave it out"));
}

/// The line that says how far the table is read is gone before anything is printed.
TableAnswers answers_of(const SavedRun& run, const OptionValues& asked, const Settings& settings,
                        Model& model) {
  ReadingLine line(false);
  TaskContext context = context_of(run, asked);
  context.progress = [&](const ReadProgress& progress) { line.show(progress); };
  return answer_table(*run.request.task, settings, context, model, asked.integer("rollout"));
}

}  // namespace

Command predict_command(const Registries&) {
  OptionGroup table("Table"), run("Run");
  table.text("data", "", "VALUE",
             "the table: CSV, TSV, .gz, Parquet, Feather; several by commas, or a folder");
  table.add(output_option("CSV file that is written; without it the answers are printed")).shown_default =
      "stdout";
  Option& every = table.integer("every", 1, from_to(0, 1e9),
                                "rows from one forecast to the next; 0: only after the last row");
  every.value = every.unset = "horizon";
  every.shown_default = "the horizon, so that every row is forecast once";
  table.integer("rollout", 0, from_to(0, 1e6),
                "rows beyond the table's end that are forecast from its own forecasts; 0: the horizon");
  table.flag("follow", false, "read a header and rows from stdin and answer each at once");
  table.flag("keep-state", false,
             "with --follow, a forecast goes on from the state of the row before in place of reading its "
             "window anew");
  for (const Option& option :
       {checkpoint_option(), threads_option(), device_option(),
        json_option("what was written, and the scores where the table has the truth"), help_option()})
    run.add(option);
  return {
      .name = "predict",
      .summary = "Answers a table with a trained run: forecasts, classes or numbers in the unit of the data.",
      .positionals = {{"RUN", "folder of the run, such as runs/series-lstm-001"}},
      .options = options_of({table, run})};
}

int predict(const Words& words, const Registries& registries) {
  const auto line = read_command_line(predict_command(registries), words);
  if (!line) return 0;
  const OptionValues& asked = line->values;
  check_asked(asked);
  SavedRun run = open_saved_run(line->arguments.positionals.front(), "predict", registries);
  require_memory(run);
  require_series(run, asked);
  OptionValues& values = run.request.values;
  values.choose("device", asked.text("device"));
  const auto weights = weights_file(run.folder, asked.text("checkpoint"));
  if (asked.flag("follow")) {
    use_threads(1);
    const auto model = load_model(read_task_facts(run.folder), values, weights, registries.cells);
    follow(std::cin, run.memory.schema, settings_from(*run.request.task, values), *model,
           asked.flag("keep-state"));
    return 0;
  }
  const auto output =
      asked.text("output").empty() ? std::filesystem::path() : output_file(asked, "forecast.csv");
  use_threads(asked_threads(asked));
  values.choose("data", asked.text("data"));
  for (const char* other : {"valid-data", "test-data"}) values.choose(other, "");
  const Settings settings = settings_from(*run.request.task, values);
  const auto model = load_model(read_task_facts(run.folder), values, weights, registries.cells);
  const TableAnswers found = answers_of(run, asked, settings, *model);
  const std::string text =
      answers_csv(found.answers, found.table, answer_columns(run.memory.schema, found.answers));
  if (output.empty() && !asked.flag("json")) {
    print(text);
    return 0;
  }
  if (!output.empty()) write_file_atomically(output, text);
  const json summary = summary_of(found.answers, run.folder.path().string(), output.string());
  print(asked.flag("json") ? json_text(summary) : summary_text(summary));
  return 0;
}

}  // namespace carousel::cli
