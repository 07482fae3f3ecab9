#include "bench/request.h"

#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/data/text.h"
#include "carousel/text.h"

#include "bench/contender.h"
#include "options/command_line.h"
#include "options/option_group.h"
#include "options/option_values.h"
#include "options/train_options.h"

namespace carousel::cli {
namespace {

std::vector<Option> bench_options() {
  OptionGroup g("What is measured");
  g.text("cell", "lstm,gru,rnn", "NAMES", "cells, separated by commas").repeatable = true;
  Option& shape =
      g.text("shape", "", "T,B,I,H",
             "steps, sequences, inputs, hidden units; T,B,I,H,packed for lengths uniform in 1 ... T; "
             "may be given several times");
  shape.repeatable = true;
  shape.shown_default = "the ten of the performance table";
  g.text("contenders", "fused,loop,torch", "NAMES",
         "what runs in turns: fused and loop, the engines; fused-recording, with every step measured; "
         "fused-saving, in memory; torch, its own layer where it has one");
  g.choice("pass", "both", {"both", "forward", "forward+backward"}, "forward alone runs without gradients");
  g.choice("dtype", "float", {"float", "double"}, "type of the numbers");
  g.flag(
      "long", false,
      "instead: time a step and peak memory of forward+backward over one long sequence, 16 inputs, 64 units");
  g.text("lengths", "1000,10000,100000", "NUMBERS", "steps, for --long");
  OptionGroup how("How");
  Option& threads = how.integer("threads", 1, {.min = 1, .max = 4096}, "CPU threads");
  threads.value = threads.unset = "all";
  how.integer("rounds", 15, at_least(3),
              "rounds; what takes much longer than the quickest sits most of them out");
  how.number("seconds", 10, at_least(0), "of a shape and pass; after them no new round, but at least 3");
  how.flag("keep-memory", false,
           "let freed memory stay with the program, as the other commands do; without, as in a program of "
           "one's own");
  how.flag("quick", false, "3 rounds, and small shapes where none is given: to see that it works");
  how.flag("json", false, "print records as JSON");
  std::vector<Option> options = g.options();
  options.insert(options.end(), how.options().begin(), how.options().end());
  options.push_back(help_option());
  return options;
}

Command bench_command() {
  return {.name = "bench",
          .summary =
              "Times one layer of a cell on each engine and in torch, in turns, and a large matrix product "
              "beside them.",
          .positionals = {},
          .options = bench_options()};
}

std::vector<std::int64_t> lengths_from(const std::string& text) {
  std::vector<std::int64_t> lengths;
  for (const std::string& word : split_list(text, ",")) {
    const auto steps = parse_number<std::int64_t>(word);
    if (!steps || *steps < 1)
      throw Error(fmt::format("--lengths has {}: give whole numbers above 0", shown(word)));
    lengths.push_back(*steps);
  }
  std::ranges::sort(lengths);
  return lengths;
}

BenchRequest request_from(const OptionValues& values, const CellRegistry& cells) {
  BenchRequest request{.cells = split_list(values.text("cell"), ",\n"),
                       .contenders = split_list(values.text("contenders"), ","),
                       .lengths = lengths_from(values.text("lengths")),
                       .limits = {.rounds = values.integer("rounds"), .seconds = values.number("seconds")},
                       .dtype = values.text("dtype") == "double" ? torch::kDouble : torch::kFloat};
  for (const std::string& cell : request.cells) cells.find(cell);
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
  const auto cores = static_cast<std::int64_t>(std::max(1u, std::thread::hardware_concurrency()));
  request.threads = values.is_set("threads") ? values.integer("threads") : cores;
  request.long_sequences = values.flag("long");
  request.json = values.flag("json");
  request.keep_memory = values.flag("keep-memory");
  return request;
}

}  // namespace

std::optional<BenchRequest> read_bench_request(const Words& words, const CellRegistry& cells) {
  auto line = read_command_line(bench_command(), words);
  if (!line) return {};
  OptionValues& values = line->values;
  // The loop engine takes a minute and gigabytes for the longest sequence: only when asked for.
  if (values.flag("long") && values.is_default("contenders"))
    values.choose("contenders", "fused-saving,fused");
  if (values.flag("long") && values.is_default("cell")) values.choose("cell", "lstm");
  return request_from(values, cells);
}

}  // namespace carousel::cli
