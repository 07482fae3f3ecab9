#include "sweep/tuner.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "carousel/error.h"

#include "sweep/embedded.h"
#include "system/python.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

constexpr double seconds_to_begin = 180.0;  // importing it from a cold disk
constexpr double seconds_to_think = 120.0;
constexpr const char* how_to_get_optuna = "pip install optuna, or name another Python with --python";

json space_of(const SweptOption& option) {
  if (option.drawn) {
    const auto& [log, low, high] = *option.drawn;
    if (!option.whole)
      return {{"name", option.name}, {"kind", "float"}, {"low", low}, {"high", high}, {"log", log}};
    return {{"name", option.name},
            {"kind", "int"},
            {"low", static_cast<std::int64_t>(low)},
            {"high", static_cast<std::int64_t>(high)},
            {"log", log},
            {"step", 1}};
  }
  if (option.range) {
    return {{"name", option.name},        {"kind", "int"}, {"low", option.range->first},
            {"high", option.range->last}, {"log", false},  {"step", option.range->step}};
  }
  json choices = json::array();
  for (const SweepValue& value : option.values) choices.push_back(value.given);
  return {{"name", option.name}, {"kind", "categorical"}, {"choices", std::move(choices)}};
}

json study_of(const SweepRequest& request, bool lower_is_better) {
  json space = json::array();
  for (const SweptOption& option : request.options) {
    if (!option.is_fixed()) space.push_back(space_of(option));
  }
  const auto file = std::filesystem::absolute(request.folder / "study.db");
  return {{"storage", "sqlite:///" + file.string()},
          {"name", request.own.text("name")},
          {"seed", request.own.integer("sweep-seed")},
          {"lower", lower_is_better},
          {"space", std::move(space)}};
}

TunedTrial trial_of(const json& told) {
  return {told.at("number"), told.at("state"), told.at("values").get<std::map<std::string, std::string>>()};
}

}  // namespace

Tuner::Tuner(const SweepRequest& request, bool lower_is_better)
    : python_(choose_python(request.own.text("python"))) {
  try {
    child_ = std::make_unique<ChildProcess>(
        ChildOptions{.name = "the tuner in Python",
                     .command = {python_, "-c", std::string(embedded::carousel_tune),
                                 study_of(request, lower_is_better).dump()},
                     .set = {{"PYTHONUNBUFFERED", "1"}},
                     .log = request.folder / "tuner.log"});
  } catch (const ChildFailure&) {
    throw NoTuner(fmt::format("there is no Python '{}' for --tuner optuna: install Python 3 and {}", python_,
                              how_to_get_optuna));
  }
  greet();
}

void Tuner::greet() try {
  const json hello = read(seconds_to_begin);
  for (const json& trial : hello.at("trials")) before_.push_back(trial_of(trial));
} catch (const SystemError&) {
  const std::string last = child_->last_words();
  if (!last.starts_with("ModuleNotFoundError") && !last.starts_with("ImportError")) throw;
  throw NoTuner(
      fmt::format("{} cannot import what --tuner optuna needs ({}): {}", python_, last, how_to_get_optuna));
} catch (const json::exception& error) {
  throw SystemError(fmt::format("the tuner in {} did not introduce itself ({})", python_, error.what()));
}

json Tuner::read(double seconds) try {
  json said = json::parse(child_->read_line(seconds), nullptr, false);
  if (said.is_object()) return said;
  throw SystemError(fmt::format("the tuner in Python ({}) wrote something that is no answer", python_));
} catch (const ChildFailure& failure) {
  throw SystemError(failure.what());
}

json Tuner::answer(json question) try {
  child_->write_line(question.dump());
  return read(seconds_to_think).at("is");
} catch (const ChildFailure& failure) {
  throw SystemError(failure.what());
} catch (const json::exception& error) {
  throw SystemError(
      fmt::format("the tuner in Python ({}) answered without a value: {}", python_, error.what()));
}

TunedTrial Tuner::ask() {
  return trial_of(answer({{"do", "ask"}}));
}

bool Tuner::report(std::int64_t number, const Validations& validations) {
  return answer({{"do", "report"}, {"number", number}, {"validations", validations}}).get<bool>();
}

void Tuner::complete(std::int64_t number, double metric) {
  answer({{"do", "tell"}, {"number", number}, {"state", "complete"}, {"value", metric}});
}

void Tuner::give_up(std::int64_t number, const std::string& state) {
  answer({{"do", "tell"}, {"number", number}, {"state", state}});
}

}  // namespace carousel::cli
