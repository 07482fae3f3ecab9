#include "sweep/check.h"

#include <algorithm>
#include <chrono>
#include <functional>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/train/task.h"

#include "options/noise_options.h"
#include "options/recurrence_option.h"
#include "system/forked.h"
#include "train/training_run.h"

namespace carousel::cli {
namespace {

constexpr std::size_t most_checked = 10'000;
constexpr std::chrono::seconds longest_look{20};

/// What can be told without data and network.
TrainRequest checked_request(const SweepRequest& request, const std::vector<Given>& values,
                             const Registries& registries) {
  TrainRequest asked = train_request(request, values, registries);
  asked_recurrence(asked.values);
  asked_noise(asked.values, registries.cells.find(asked.values.text("cell")).facts);
  return asked;
}

/// Every value of every option, with the others' first. Any whole number is a seed, which was looked at as it was read.
std::vector<std::vector<Given>> single_values(const SweepRequest& request) {
  std::vector<std::vector<Given>> all;
  for (const SweptOption& option : request.options) {
    if (option.is_fixed() || option.name == "seed") continue;
    std::vector<std::string> texts;
    if (option.drawn) texts = {drawn_text(option, 0.0), drawn_text(option, 1.0)};
    for (const SweepValue& value : option.values) {
      if (texts.size() < most_checked) texts.push_back(value.given);
    }
    for (const std::string& text : texts) all.push_back({{option.name, text, option.label}});
  }
  if (all.empty()) all.emplace_back();  // what is given, as no option varies
  return all;
}

/// What tries values, and throws what train would say of them.
using Trial = std::function<void(const SweepRequest& request, const std::vector<Given>& values)>;

Error of_combination(const Error& error, const std::string& setting) {
  return Error(
      fmt::format("{} (in the setting {}; where not every combination can be, --variant names those that "
                  "are meant)",
                  error.what(), setting));
}

/// Tries one option's value with the others' first. Where train takes it as long as no other option varies, what it refuses is the
/// combination.
void try_value(const SweepRequest& request, const std::vector<Given>& values, const Trial& trial) {
  try {
    return trial(request, values);
  } catch (const Error& error) {
    if (values.empty()) throw;
    SweepRequest alone = request;
    std::erase_if(alone.options, [&](const SweptOption& option) {
      return !option.is_fixed() && option.name != values.front().name;
    });
    trial(alone, values);  // throws what is wrong with the value itself
    throw of_combination(error, fmt::format("{} {}", values.front().name, values.front().text));
  }
}

/// The first sentence with which train would refuse one of them as it begins, or "".
std::string refusal(const SweepRequest& request, const std::vector<std::vector<Given>>& all,
                    const Registries& registries) {
  const auto until = std::chrono::steady_clock::now() + longest_look;
  const auto begin = [&](const SweepRequest& tried, const std::vector<Given>& values) {
    TrainRequest asked = train_request(tried, values, registries);
    asked.values.choose("quiet", "true");
    asked.values.choose("threads", "1");
    TrainingRun(std::move(asked), registries, {});
  };
  for (const auto& values : all) {
    if (std::chrono::steady_clock::now() > until) break;
    try {
      try_value(request, values, begin);
    } catch (const Error& error) {
      return error.what();
    } catch (const std::exception&) {  // the run's own trouble
    }
  }
  return "";
}

}  // namespace

std::vector<Given> values_of(const SweepRequest& request, const SweepPlan& plan, const SweepRun& run) {
  std::vector<Given> values;
  const auto add = [&](const std::string& name, const SweepValue& value) {
    values.push_back({name, value.given, request.option(name)->label});
  };
  for (std::size_t i = 0; i < plan.options.size(); ++i) add(plan.options[i], plan.settings[run.setting][i]);
  if (request.option("seed") != nullptr) add("seed", plan.seeds[run.seed]);
  return values;
}

bool lower_is_better(const SweepRequest& request, const Registries& registries) {
  const std::string said = said_by_fork([&] {
    TrainRequest asked = train_request(request, {}, registries);
    asked.values.choose("quiet", "true");
    return std::string(
        TrainingRun(std::move(asked), registries, {}).task().facts().lower_is_better ? "lower" : "higher");
  });
  if (said.empty())
    throw SystemError(fmt::format("the task '{}' could not be made: see carousel train {}",
                                  request.task->name, request.task->name));
  return said == "lower";
}

void check_sweep(const SweepRequest& request, const SweepPlan& plan, const Registries& registries,
                 bool whole) {
  const auto single = single_values(request);
  const auto look = [&](const SweepRequest& tried, const std::vector<Given>& values) {
    checked_request(tried, values, registries);
  };
  for (const auto& values : single) try_value(request, values, look);
  for (std::size_t i = 0; i < std::min(plan.settings.size(), most_checked); ++i) {
    try {
      checked_request(request, values_of(request, plan, plan.run(i)), registries);
    } catch (const Error& error) {
      throw of_combination(error, plan.setting_name(i));
    }
  }
  if (!whole) return;
  const std::string sentence = said_by_fork([&] { return refusal(request, single, registries); });
  if (!sentence.empty()) throw Error(sentence);
}

}  // namespace carousel::cli
