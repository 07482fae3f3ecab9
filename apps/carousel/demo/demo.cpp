// carousel demo
#include "demo/demo.h"

#include <chrono>
#include <functional>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/io/file.h"
#include "carousel/text.h"

#include "demo/lessons.h"
#include "options/command_line.h"
#include "options/option_group.h"
#include "options/shared_options.h"
#include "page/page.h"
#include "runs/experiment.h"
#include "terminal/console.h"
#include "terminal/output.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

constexpr const char* standard_page = "demo.html";

struct Lesson {
  const char* what;
  std::function<json()> measure;
};

std::vector<Lesson> lessons(const Registries& registries) {
  return {
      {"repeated multiplication by W_hh", [] { return lesson_of_repeated_multiplication(); }},
      {"clipping an explosion: one run with, one without", [&] { return lesson_of_clipping(registries); }},
      {"the additive path: a tanh RNN and an LSTM", [&] { return lesson_of_the_additive_path(registries); }},
      {"a forget gate at 0", [] { return lesson_of_the_closed_gate(); }},
      {"the forget gate's bias: three trainings", [&] { return lesson_of_the_gates_bias(registries); }}};
}

}  // namespace

Command demo_command(const Registries&) {
  OptionGroup file("File"), run("Run");
  file.add(output_option("HTML page that is written; one that is there is replaced")).shown_default =
      standard_page;
  Option& threads = run.add(threads_option());
  threads.value = "1";
  threads.shown_default = "1; auto: all cores";
  run.add(help_option());
  return {
      .name = "demo",
      .summary =
          "Trains and measures for about a minute, then writes one page that shows why gradients explode and "
          "vanish, and what clipping, the LSTM's cell state and its forget gate do about it.",
      .positionals = {},
      .options = options_of({file, run})};
}

int demo(const Words& words, const Registries& registries) {
  const auto line = read_command_line(demo_command(registries), words);
  if (!line) return 0;
  const OptionValues& values = line->values;
  const auto file = output_file(values, standard_page);
  page_html({{"title", ""}, {"sections", json::array()}});  // whether there is a page at all, before the work
  use_threads(asked_threads(values));

  const auto start = std::chrono::steady_clock::now();
  Console console;
  json sections = json::array();
  const auto all = lessons(registries);
  for (std::size_t i = 0; i < all.size(); ++i) {
    console.line(fmt::format("{} of {}: {}", i + 1, all.size(), all[i].what));
    sections.push_back(all[i].measure());
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  write_file_atomically(
      file, page_html({{"title", "What a gradient does on its way back through time"},
                       {"subtitle",
                        fmt::format("Five claims about recurrent networks, each measured just now and set "
                                    "beside what theory predicts. Measured in {}.",
                                    format_duration(seconds.count()))},
                       {"made_by", "carousel demo"},
                       {"sections", sections}}));
  print(fmt::format("{}  five claims, each with its figure; open it in a browser\n", file.string()));
  return 0;
}

}  // namespace carousel::cli
