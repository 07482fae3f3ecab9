#include "bench/request.h"

#include <algorithm>

#include <fmt/format.h>

#include "carousel/data/text.h"
#include "carousel/error.h"
#include "carousel/text.h"

#include "bench/bench.h"
#include "bench/contender.h"
#include "options/command_line.h"
#include "options/noise_options.h"
#include "options/option_group.h"
#include "options/option_values.h"
#include "options/recurrence_option.h"
#include "options/shared_options.h"
#include "runs/learned_cells.h"

namespace carousel::cli {
namespace {

std::vector<Option> bench_options() {
  OptionGroup g("What is measured"), how("How"), run("Run");
  g.text("cells", "lstm,gru,rnn", "LIST", "cells, such as lstm,gru").repeatable = true;
  Option& shape =
      g.text("shape", "", "T,B,I,H",
             "steps, sequences, inputs, hidden units; T,B,I,H,packed for lengths uniform in 1 ... T; "
             "may be given several times");
  shape.repeatable = true;
  shape.shown_default = "the ten of the performance table";
  g.text("contenders", "fused,loop,torch", "LIST",
         "what runs in turns, such as fused,torch: fused and loop, the engines; fused-recording, with every "
         "step measured; fused-saving, in memory; fused-full and fused-none, with that recurrence; "
         "fused-plain, without "
         "noise and resets; torch, its own layer where it has one; torch-gru and torch-lstm, for any cell; "
         "scan, minGRU's own in torch");
  g.add(recurrence_option());
  g.number("reset-share", 0.0, share, "share of the steps before which a sequence begins anew");
  g.choice("pass", "both", {"both", "forward", "forward+backward"}, "forward alone runs without gradients");
  g.add(dtype_option());
  g.flag(
      "long", false,
      "instead: time a step and peak memory of forward+backward over one long sequence, 16 inputs, 64 units");
  g.text("long-lengths", "1000,10000,100000", "LIST", "steps of the sequences of --long");
  how.add(threads_option());
  how.integer("rounds", 15, from_to(3, 1'000'000),
              "rounds of turns; what takes much longer than the quickest sits most of them out");
  how.number("seconds", 10, from_to(0, 1e6),
             "seconds for a shape and pass; after them no new round, but at least 3");
  how.flag("keep-memory", false,
           "let freed memory stay with the program, as the other commands do; without, as in a program of "
           "one's own");
  how.flag("quick", false, "3 rounds, and small shapes where none is given: to see that it works");
  run.add(json_option("the records"));
  run.add(help_option());
  return options_of({g, noise_options(), how, run});
}

constexpr std::int64_t longest = 100'000'000;

std::vector<std::int64_t> lengths_from(const std::string& text) {
  std::vector<std::int64_t> lengths;
  for (const std::string& word : split_list(text, ",")) {
    const auto steps = parse_number<std::int64_t>(word);
    if (!steps || *steps < 1 || *steps > longest)
      throw Error(
          fmt::format("--long-lengths has {}: give whole numbers from 1 to {}", shown(word), longest));
    lengths.push_back(*steps);
  }
  std::ranges::sort(lengths);
  return lengths;
}

BenchRequest request_from(const OptionValues& values, const CellRegistry& cells) {
  BenchRequest request{.cells = split_list(values.text("cells"), ",\n"),
                       .contenders = split_list(values.text("contenders"), ","),
                       .lengths = lengths_from(values.text("long-lengths")),
                       .limits = {.rounds = values.integer("rounds"), .seconds = values.number("seconds")},
                       .dtype = values.text("dtype") == "double" ? torch::kDouble : torch::kFloat};
  for (std::string& cell : request.cells) cell = cell_name(cell, cells);
  request.recurrence = asked_recurrence(values);
  request.resets = values.number("reset-share");
  for (const std::string& cell : request.cells)
    request.noise.push_back(asked_noise(values, cells.find(cell).facts));
  for (const std::string& name : request.contenders) {
    const bool known = std::ranges::find(contender_names(), name) != contender_names().end();
    if (!known) throw Error(did_you_mean("contender", name, contender_names()));
  }
  const bool quick = values.flag("quick");
  if (values.is_default("shape")) {
    request.shapes = default_shapes(quick);
  } else {
    for (const std::string& text : split_list(values.text("shape"), "\n"))
      request.shapes.push_back(parse_shape(text));
  }
  if (quick && values.is_default("rounds")) request.limits.rounds = 3;
  const std::string pass = values.text("pass");
  if (pass != "forward") request.passes.push_back(true);
  if (pass != "forward+backward") request.passes.push_back(false);
  request.threads = asked_threads(values);
  request.long_sequences = values.flag("long");
  request.json = values.flag("json");
  request.keep_memory = values.flag("keep-memory");
  return request;
}

}  // namespace

Command bench_command(const Registries&) {
  return {.name = "bench",
          .summary =
              "Times one layer of a cell on each engine and in torch, in turns, and a large matrix product "
              "beside them.",
          .positionals = {},
          .options = bench_options()};
}

std::optional<BenchRequest> read_bench_request(const Words& words, const Registries& registries) {
  auto line = read_command_line(bench_command(registries), words);
  if (!line) return {};
  OptionValues& values = line->values;
  // The loop engine takes a minute and gigabytes for the longest sequence: only when asked for.
  if (values.flag("long") && values.is_default("contenders"))
    values.choose("contenders", "fused-saving,fused");
  if (values.flag("long") && values.is_default("cells")) values.choose("cells", "lstm");
  return request_from(values, registries.cells);
}

}  // namespace carousel::cli
