#include "carousel/flow/analysis.h"

#include <algorithm>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/torch.h"

namespace carousel {

using torch::Tensor;

namespace {

void check(const AnalysisOptions& options) {
  for (const auto& [name, value] : {std::pair{"steps", options.steps},
                                    {"lag steps", options.lag_steps},
                                    {"exponents", options.exponents}}) {
    if (value < 1)
      throw Error(fmt::format("the analysis was asked for {} {}: at least 1 is needed", value, name));
  }
}

/// What needs the one-step Jacobians of a layer, which are not kept.
void analyse_layer(const RecurrentBase& module, const LayerTrajectory& layer, const AnalysisOptions& options,
                   Analysis& analysis) {
  const StepJacobians jacobians(module, layer);
  const LyapunovOptions lyapunov{.largest = jacobians.size() <= options.exponents ? 0 : options.exponents,
                                 .warmup = layer.lengths.front() / 10};
  analysis.jacobians.push_back({layer.id, end_to_end_spectrum(jacobians, 0)});
  analysis.lyapunov.push_back({layer.id, lyapunov_spectrum(jacobians, 0, lyapunov)});
  if (jacobians.elementwise() && module.weights(layer.id).weight_hh.defined()) {
    analysis.lags.push_back({layer.id, lag_profile(jacobians, options.lag_steps)});
  }
  if (auto times = memory_times(layer, module.facts()); !times.empty()) {
    analysis.memory.push_back({layer.id, std::move(times)});
  }
}

std::vector<std::string> notes_of(const RecurrentBase& module, std::int64_t given, std::int64_t steps,
                                  const AnalysisOptions& options) {
  const auto& facts = module.facts();
  const auto size = static_cast<std::int64_t>(facts.states.size()) * module.options.hidden_size();
  std::vector<std::string> notes;
  if (steps < given) {
    notes.push_back(
        fmt::format("of {} steps the last {} are analysed, with the state of those before", given, steps));
  }
  if (steps > options.steps) {
    notes.push_back(
        "two directions: all steps are analysed, since the reverse one cannot begin in the middle");
  }
  if (!module.unit_step()) {
    notes.push_back(
        fmt::format("no lags: the step of {} is not elementwise, or says fused = false", facts.name));
  } else if (module.options.recurrence()->form == Recurrence::Form::none) {
    notes.push_back(
        "no spectra of W_hh and no lags in its gradient: the recurrence is none, so there is no recurrent "
        "matrix; Jacobians and exponents are those of the step alone");
  } else if (steps > options.lag_steps) {
    notes.push_back(fmt::format("lags are those of the last {} steps", options.lag_steps));
  }
  if (size > options.exponents) {
    notes.push_back(fmt::format("of {} Lyapunov exponents a layer the {} largest", size, options.exponents));
  }
  if (module.options.bidirectional()) notes.push_back("no truncation: two directions cannot be truncated");
  if (facts.keep_gate < 0) notes.push_back(fmt::format("no memory times: {} has no keep gate", facts.name));
  return notes;
}

}  // namespace

Analysis analyse(const RecurrentBase& module, const FollowedBatch& given, const AnalysisOptions& options) {
  check(options);
  const auto copy = analysis_copy(module);
  FollowedBatch batch = given;
  auto& rows = batch.rows.data;  // whole numbers are not converted: the module says what they are
  rows = rows.is_floating_point() ? rows.to(torch::kCPU, torch::kDouble) : rows.to(torch::kCPU);
  for (auto& state : batch.initial) state = state.to(torch::kCPU, torch::kDouble);
  batch = batch.last_steps(*copy, options.steps);

  const auto& facts = copy->facts();
  Analysis analysis{
      .states = {facts.states.begin(), facts.states.end()},
      .gates = {facts.gates.begin(), facts.gates.end()},
      .keep_gate = facts.keep_gate < 0 ? "" : facts.gates[static_cast<std::size_t>(facts.keep_gate)],
      .steps = batch.rows.steps(),
      .sequences = batch.rows.sequences(),
      .curves = {},
      .blocks = {},
      .jacobians = {},
      .lyapunov = {},
      .lags = {},
      .truncation = {},
      .memory = {},
      .notes = {}};
  analysis.notes = notes_of(*copy, given.rows.steps(), analysis.steps, options);
  for (const auto& layer : follow(*copy, batch)) analyse_layer(*copy, layer, options, analysis);
  analysis.curves = gradient_curves(*copy, batch);
  analysis.blocks = recurrent_spectra(*copy);
  if (!copy->options.bidirectional()) {
    analysis.truncation = truncation_bias(*copy, batch, usual_segments(analysis.steps));
  }
  return analysis;
}

Analysis analyse(const RecurrentBase& module, const Tensor& input, const LossOfOutput& loss,
                 const AnalysisOptions& options) {
  if (input.dim() != 3 && !are_padded_classes(input)) {
    throw Error(fmt::format("the input to be analysed has {} dimensions: it must have 3", input.dim()));
  }
  const bool batch_first = module.options.batch_first();
  const auto time_major = batch_first ? input.transpose(0, 1) : input;
  const std::int64_t steps = time_major.size(0), sequences = time_major.size(1);
  const FollowedBatch batch{
      {time_major.flatten(0, 1), std::vector<std::int64_t>(static_cast<std::size_t>(steps), sequences)},
      {},
      [=](const Tensor& rows) {
        const auto output = rows.view({steps, sequences, rows.size(1)});
        return loss(batch_first ? output.transpose(0, 1) : output);
      }};
  return analyse(module, batch, options);
}

}  // namespace carousel
