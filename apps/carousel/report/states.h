// The two states of each run that flow/analysis.json compares: its weights before and after training.
#pragma once

#include <vector>

#include "report/chart.h"

namespace carousel::cli {

struct State {
  std::size_t run;
  const char* name;               ///< "before" or "after"
  const nlohmann::json* figures;  ///< what the file holds for it
  std::size_t dash;               ///< of its lines
  bool before() const { return dash == 1; }
};

/// Those that there are, run by run, the one before training first.
std::vector<State> states_of(const Runs& runs);

/// A list of the state's figures, such as "blocks"; empty where there is none.
const nlohmann::json& list_of(const State& state, const char* key);

/// "after", "layer 1, after" or, with several runs, "after, adding-lstm-001".
std::string state_name(const Runs& runs, const State& state, const std::string& what = "");

/// The number of that name, or NaN.
double number_or_nan(const nlohmann::json& entry, const char* key);

/// Eigenvalues of the recurrent matrices and their radii: matrices.cpp.
nlohmann::json matrices_section(const Runs& runs);

}  // namespace carousel::cli
