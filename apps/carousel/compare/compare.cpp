// carousel compare
#include "compare/compare.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/io/file.h"
#include "carousel/text.h"

#include "compare/all_cells.h"
#include "compare/page.h"
#include "compare/request.h"
#include "compare/result.h"
#include "compare/subject.h"
#include "compare/tables.h"
#include "compare/text.h"
#include "compare/verdict.h"
#include "options/shared_options.h"
#include "page/page.h"
#include "runs/experiment.h"
#include "runs/run_record.h"
#include "terminal/console.h"
#include "terminal/output.h"

namespace carousel::cli {
namespace {

constexpr int mismatch = 4, skipped = 77;

/// One line of stderr that tells what is computed.
class ProgressLine {
 public:
  explicit ProgressLine(std::size_t all) : all_(all) {}
  void next(const std::string& name) {
    name_ = name, ++begun_;
    if (!console_.live())
      console_.line(all_ > 1 ? fmt::format("{}/{} {}", begun_, all_, name_) : "comparing " + name_);
  }
  void operator()(const std::string& what) {
    console_.progress((static_cast<double>(begun_) - 0.5) / static_cast<double>(all_),
                      fmt::format("{}: {}", name_, what));
  }

 private:
  Console console_;
  std::size_t all_, begun_ = 0;
  std::string name_;
};

/// A training that differs in float, and more than PyTorch's own rounding explains update by update: is it
/// the same in double?
void repeat_in_double(Comparison& comparison, const CompareRequest& request, TrainRequest network,
                      const Registries& registries, PythonReference& python) {
  const auto differs = [](const Trajectory& t) { return agreement_of(t.checks) == Agreement::mismatch; };
  if (comparison.is_double || !std::ranges::any_of(comparison.trajectories, differs)) return;
  network.values.choose("dtype", "double");
  const Subject subject =
      make_subject(network, registries, comparison.updates, request.memory, request.weights);
  for (Trajectory& t : comparison.trajectories) {
    if (!differs(t)) continue;
    const auto again = combinations_of(subject, {t.how.optimiser}, {t.how.schedule});
    const Comparison exact =
        compare(subject, {.combinations = again, .turns = {.rounds = 0}}, python, [](const std::string&) {});
    const Check& losses = *worst_of(exact.trajectories.front().checks, Quantity::losses);
    for (Check& check : t.checks) check.agrees_in_double = losses.ok();
    comparison.notes.push_back(fmt::format(
        "{}: the same training in double has losses that differ by {} at most{}", t.how.name(),
        shown_difference(losses.difference.relative),
        losses.ok()
            ? ": both sides compute the same, and this training amplifies the rounding of float until "
              "float tells nothing; a lower --lr amplifies less"
            : ""));
  }
}

Comparison compare_one(const CompareRequest& request, const TrainRequest& network,
                       const Registries& registries, std::int64_t updates, const RoundLimits& turns,
                       PythonReference& python, ProgressLine& progress) {
  const Subject subject = make_subject(network, registries, updates, request.memory, request.weights);
  const CompareLimits limits{
      .combinations = combinations_of(subject, request.optimisers(), request.schedules()), .turns = turns};
  Comparison comparison = compare(subject, limits, python, [&](const std::string& what) { progress(what); });
  repeat_in_double(comparison, request, network, registries, python);
  return comparison;
}

std::vector<Comparison> compare_all(const CompareRequest& request, const Registries& registries,
                                    PythonReference& python) {
  constexpr std::int64_t few_updates = 8;
  const RoundLimits short_turns{.rounds = 7, .seconds = 0.5};
  const std::int64_t updates =
      request.asked.is_default("updates") ? few_updates : request.asked.integer("updates");
  const auto networks = all_networks(registries);
  std::vector<Comparison> comparisons;
  ProgressLine progress(networks.size());
  for (const auto& [name, network] : networks) {
    const std::string& dtype = network.values.text("dtype");
    progress.next(fmt::format("{}, {}", name, dtype));
    const RoundLimits turns = dtype == "double" ? RoundLimits{.rounds = 0} : short_turns;
    comparisons.push_back(compare_one(request, network, registries, updates, turns, python, progress));
    comparisons.back().name = name;
  }
  return comparisons;
}

std::vector<Comparison> compare_asked(const CompareRequest& request, const Registries& registries,
                                      PythonReference& python) {
  if (!request.network) return compare_all(request, registries, python);
  ProgressLine progress(1);
  progress.next(request.network->task->name + " with " + request.network->values.text("cell"));
  return {compare_one(request, *request.network, registries, request.asked.integer("updates"), {}, python,
                      progress)};
}

/// A page where one was asked for, and beside a run where this program can make one. Throws Error when it
/// cannot be written, before anything is computed.
std::filesystem::path page_path(const CompareRequest& request) {
  constexpr const char* name = "compare.html";
  if (!request.asked.text("output").empty()) {
    const auto file = output_file(request.asked, name);
    page_html({{"title", ""}, {"sections", nlohmann::json::array()}});  // whether there is a page at all
    return file;
  }
  return request.run && page_has_charts() ? request.run->path() / name : std::filesystem::path();
}

int compare_as_asked(const CompareRequest& request, const Registries& registries, const Words& words) {
  const auto page = page_path(request);
  use_threads(request.threads);
  PythonReference python(request.asked.text("python"), request.threads);
  const std::vector<Comparison> comparisons = compare_asked(request, registries, python);
  const CompareVerdict verdict = judge(comparisons);
  const std::string sides = sides_text(python, request.threads);
  if (!page.empty())
    write_file_atomically(
        page, page_html(comparison_page(comparisons, sides, "carousel compare " + join(words, " "))));
  if (request.asked.flag("json")) {
    print(json_text(comparison_json(comparisons, python, request.threads)));
  } else {
    const std::string tables = request.network
                                   ? comparison_text(comparisons.front(), request.asked.flag("details"))
                                   : networks_text(comparisons);
    print(fmt::format("{}{}\n{}{}\n", sides, tables,
                      page.empty() ? "" : fmt::format("page: {}\n", page.string()), verdict.sentence));
  }
  return verdict.equal ? 0 : mismatch;
}

}  // namespace

int compare(const Words& words, const Registries& registries) try {
  const auto request = read_compare_request(words, registries);
  return request ? compare_as_asked(*request, registries, words) : 0;
} catch (const NoReference& missing) {
  std::fprintf(stderr, "carousel: skipped: %s\n", missing.what());
  return skipped;
}

}  // namespace carousel::cli
