// carousel sample

#include <unistd.h>

#include <fmt/format.h>
#include <torch/utils.h>

#include "carousel/error.h"
#include "carousel/model/sequence_model.h"
#include "carousel/text.h"

#include "commands/commands.h"
#include "commands/sampler.h"
#include "options/command_line.h"
#include "options/option_group.h"
#include "options/shared_options.h"
#include "runs/experiment.h"
#include "runs/run_record.h"
#include "runs/saved_run.h"
#include "terminal/output.h"

namespace carousel::cli {
namespace {

std::unique_ptr<TextCodec> codec_of(const SavedRun& run, const Registries& registries) {
  if (run.request.task->codec) {
    return run.request.task->codec(settings_from(*run.request.task, run.request.values), run.memory.alphabet);
  }
  std::vector<std::string> able;
  for (const std::string& name : registries.tasks.names()) {
    if (registries.tasks.find(name).codec) able.push_back(name);
  }
  throw Error(
      fmt::format("{} cannot write: sample needs a run of {}", run.request.task->name, join(able, " or ")));
}

/// What is read before the first symbol is drawn. Samples that end by themselves begin where the one before ended.
std::vector<std::int64_t> opening(const TextCodec& codec, const std::string& prime) {
  std::vector<std::int64_t> tokens;
  if (prime.empty() || codec.end_token() >= 0) tokens.push_back(codec.start_token());
  for (const std::int64_t token : codec.encode(prime)) tokens.push_back(token);
  return tokens;
}

void write_sample(const TextCodec& codec, Sampler& sampler, const std::string& prime, std::int64_t length) {
  SymbolWriter out(::isatty(STDOUT_FILENO) == 1);
  out.write(prime);
  sampler.restart();
  std::int64_t next = 0;
  for (const std::int64_t token : opening(codec, prime)) next = sampler.next(token);
  for (std::int64_t written = 0; written < length && next != codec.end_token(); ++written) {
    out.write(codec.decode({next}));
    if (written + 1 < length) next = sampler.next(next);
  }
  out.finish();
  out.write("\n");
}

}  // namespace

Command sample_command(const Registries&) {
  OptionGroup text("Text"), run("Run");
  text.text("prime", "", "TEXT", "text to go on from");
  text.integer("length", 500, at_least(1), "symbols that are written at most, the prime not counted");
  text.integer("count", 1, at_least(1), "samples, one after the other");
  text.number(
      "temperature", 1, at_least(0),
      "what the logits are divided by: below 1 safer, above 1 bolder, 0: always the likeliest symbol");
  for (const Option& option : {checkpoint_option(), seed_option(), device_option(), help_option()})
    run.add(option);
  return {.name = "sample",
          .summary = "Writes text with a trained run, symbol by symbol.",
          .positionals = {{"RUN", "folder of the run, such as runs/charlm-lstm-001"}},
          .options = options_of({text, run})};
}

int sample(const Words& words, const Registries& registries) {
  const auto line = read_command_line(sample_command(registries), words);
  if (!line) return 0;
  const OptionValues& asked = line->values;
  SavedRun run = open_saved_run(line->arguments.positionals.front(), "sample", registries);
  run.request.values.choose("device", asked.text("device"));
  const auto codec = codec_of(run, registries);
  const std::string& prime = asked.text("prime");
  opening(*codec, prime);  // a symbol that the run does not know is told before the weights are read

  use_threads(1);
  const auto weights = weights_file(run.folder, asked.text("checkpoint"));
  const auto model = load_model(read_task_facts(run.folder), run.request.values, weights, registries.cells);
  torch::manual_seed(static_cast<std::uint64_t>(asked.integer("seed")));
  Sampler sampler(*model, asked.number("temperature"));
  for (std::int64_t i = 0; i < asked.integer("count"); ++i) {
    write_sample(*codec, sampler, prime, asked.integer("length"));
  }
  return 0;
}

}  // namespace carousel::cli
