#include "report/states.h"

#include <cmath>
#include <tuple>

namespace carousel::cli {

using nlohmann::json;

std::vector<State> states_of(const Runs& runs) {
  std::vector<State> states;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const json& analysis = runs[r].analysis;
    if (!analysis.is_object()) continue;
    for (const auto& [key, name, dash] :
         {std::tuple("initial", "before", std::size_t{1}), std::tuple("trained", "after", std::size_t{0})}) {
      if (analysis.contains(key) && analysis[key].is_object())
        states.push_back({r, name, &analysis[key], dash});
    }
  }
  return states;
}

const json& list_of(const State& state, const char* key) {
  static const json nothing = json::array();
  const auto found = state.figures->find(key);
  return found == state.figures->end() || found->is_null() ? nothing : *found;
}

std::string state_name(const Runs& runs, const State& state, const std::string& what) {
  return line_name(runs, state.run, what.empty() ? state.name : fmt::format("{}, {}", what, state.name));
}

double number_or_nan(const json& entry, const char* key) {
  return entry.contains(key) && !entry[key].is_null() ? entry[key].get<double>() : std::nan("");
}

}  // namespace carousel::cli
