// carousel compare
#include <cstdio>

#include <fmt/format.h>

#include "carousel/error.h"

#include "cli/commands.h"
#include "cli/compare/all_cells.h"
#include "cli/compare/request.h"
#include "cli/compare/result.h"
#include "cli/compare/text.h"
#include "cli/console.h"
#include "cli/experiment.h"
#include "cli/output.h"
#include "cli/run_record.h"

namespace carousel::cli {
namespace {

constexpr int mismatch = 4, skipped = 77;

/// One line of stderr that tells what is computed.
class Progress {
 public:
  explicit Progress(std::size_t all) : all_(all) {}
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

Comparison compare_one(const CompareRequest& request, const TrainRequest& network,
                       const Registries& registries, std::int64_t updates, const RoundLimits& turns,
                       PythonReference& python, Progress& progress) {
  const Subject subject = make_subject(network, registries, updates, request.alphabet, request.weights);
  const CompareLimits limits{
      .combinations = combinations_of(subject, request.optimisers(), request.schedules()), .turns = turns};
  return compare(subject, limits, python, [&](const std::string& what) { progress(what); });
}

std::vector<Comparison> compare_all(const CompareRequest& request, const Registries& registries,
                                    PythonReference& python) {
  constexpr std::int64_t few_updates = 8;
  const RoundLimits short_turns{.rounds = 7, .seconds = 0.5};
  const std::int64_t updates =
      request.asked.is_default("updates") ? few_updates : request.asked.integer("updates");
  const auto networks = all_networks(registries);
  std::vector<Comparison> comparisons;
  Progress progress(networks.size());
  for (const auto& [name, network] : networks) {
    const bool is_double = network.values.text("dtype") == "double";
    progress.next(fmt::format("{}, {}", name, is_double ? "double" : "float"));
    const RoundLimits turns = is_double ? RoundLimits{.rounds = 0} : short_turns;
    comparisons.push_back(compare_one(request, network, registries, updates, turns, python, progress));
    comparisons.back().name = name;
  }
  return comparisons;
}

int compare_as_asked(const CompareRequest& request, const Registries& registries) {
  use_threads(request.threads);
  PythonReference python(request.asked.text("python"), request.threads);
  std::vector<Comparison> comparisons;
  if (request.network) {
    Progress progress(1);
    progress.next(request.network->values.text("cell"));
    comparisons.push_back(compare_one(request, *request.network, registries, request.asked.integer("updates"),
                                      {}, python, progress));
  } else {
    comparisons = compare_all(request, registries, python);
  }
  const nlohmann::json result = comparison_json(comparisons, python, request.threads);
  const std::string verdict = verdict_text(comparisons);
  if (request.asked.flag("json")) {
    print(json_text(result));
  } else {
    print(sides_text(python, request.threads) +
          (request.network ? comparison_text(comparisons.front()) : all_text(comparisons)) + "\n" + verdict);
  }
  return verdict.starts_with("equal") ? 0 : mismatch;
}

}  // namespace

int compare(const Words& words, const Registries& registries) try {
  const auto request = read_compare_request(words, registries);
  return request ? compare_as_asked(*request, registries) : 0;
} catch (const NoReference& missing) {
  std::fprintf(stderr, "carousel: skipped: %s\n", missing.what());
  return skipped;
}

}  // namespace carousel::cli
