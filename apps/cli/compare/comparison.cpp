#include "cli/compare/comparison.h"

#include <algorithm>
#include <cmath>

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/text.h"

#include "cli/compare/ours.h"
#include "cli/compare/timing.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

/// Numbers of an answer; null, which stands for what is not finite, becomes NaN.
std::vector<double> numbers_in(const json& list, const char* key = nullptr) {
  std::vector<double> numbers;
  for (const json& entry : list) {
    const json& value = key == nullptr ? entry : entry.at(key);
    numbers.push_back(value.is_null() ? std::nan("") : value.get<double>());
  }
  return numbers;
}

TensorMap shared_data(const Subject& subject, json& continues) {
  TensorMap data{{"random", subject.random}};
  for (const auto& [name, split] : {std::pair{"train", Split::train}, std::pair{"valid", Split::valid}}) {
    continues[name] = json::array();
    for (std::int64_t i = 0; i < subject.task->batches(split); ++i) {
      const Batch batch = subject.task->batch(split, i);
      const std::string prefix = fmt::format("{}.{}.", name, i);
      data[prefix + "input"] = batch.input;
      data[prefix + "target"] = batch.target;
      if (batch.lengths.defined()) data[prefix + "lengths"] = batch.lengths;
      continues[name].push_back(batch.continues);
    }
  }
  return data;
}

/// Ours are packed rows, as nn.LSTM's; a loop over padded tensors draws masks for the padding too.
bool loop_draws_other_masks(const Subject& subject) {
  return subject.values.number("dropout") > 0.0 && subject.values.integer("layers") > 1 &&
         subject.task->batch(Split::train, 0).lengths.defined();
}

/// One comparison while it is being made.
class Comparer {
 public:
  Comparer(const Subject& subject, PythonReference& python) : subject_(subject), python_(python) {
    result_.cell = subject.values.text("cell");
    result_.task = subject.task->facts().name;
    result_.start = subject.start_text;
    result_.is_double = subject.is_double();
    result_.title = subject.title();
    result_.updates = subject.training.updates;
  }

  /// Both sides get the same weights and the same batches.
  void begin() {
    json continues = json::object();
    save_torch_file(python_ / "data.pt", shared_data(subject_, continues));
    save_torch_file(python_ / "weights.pt", subject_.start);
    result_.layer = python_
                        .ask("begin", {{"network", subject_.network()},
                                       {"weights", (python_ / "weights.pt").string()},
                                       {"data", (python_ / "data.pt").string()},
                                       {"continues", continues},
                                       {"threads", at::get_num_threads()}})
                        .at("cell");
    if (result_.layer == "Loop" && loop_draws_other_masks(subject_)) {
      throw Error(fmt::format(
          "--dropout is {}: for {} the reference is a plain loop, which draws other masks between layers "
          "where sequences have different lengths; compare with --dropout 0",
          subject_.values.text("dropout"), result_.cell));
    }
  }

  /// Gradients that are zero on both sides agree without meaning anything.
  void note_zeros() {
    std::vector<std::string> zeros;
    for (const Check& check : result_.checks) {
      if (check.difference.nothing && check.quantity != Quantity::start) zeros.push_back(check.name);
    }
    if (!zeros.empty())
      note(fmt::format("zero everywhere on both sides, so nothing was compared: {}", join(zeros)));
  }

  void compare_start() {
    if (!subject_.draws_as_torch()) return;
    const auto bias = subject_.values.optional_number("forget-bias");
    python_.ask("draw", {{"network", subject_.network()},
                         {"seed", subject_.values.integer("seed")},
                         {"forget_bias", bias ? json(*bias) : json()},
                         {"into", (python_ / "drawn.pt").string()}});
    compare_tensors(Quantity::start, drawn_weights(subject_), load_tensors(python_ / "drawn.pt"));
  }

  void compare_gradients() {
    python_.ask("gradients",
                {{"tbptt", subject_.training.tbptt}, {"into", (python_ / "gradients.pt").string()}});
    compare_tensors(Quantity::gradients, our_gradients(subject_), load_tensors(python_ / "gradients.pt"));
  }

  void compare_step_norms() {
    if (loop_draws_other_masks(subject_)) {
      note(
          "dropout between layers of sequences with different lengths: an explicit loop draws other masks "
          "than nn.LSTM, "
          "so dL/dh_t is not compared");
      return;
    }
    const FlowRecord ours = our_flow(subject_);
    if (ours.layers.empty()) {
      note("no step is recorded in torch's own layers: dL/dh_t is not compared");
      return;
    }
    for (const json& curve : python_.ask("step_norms", {{"tbptt", subject_.training.tbptt}}))
      result_.curves.push_back(curve_of(ours, curve));
    for (const StepCurve& curve : result_.curves) {
      result_.checks.push_back(make_check(
          Quantity::step_norms,
          fmt::format("d{} layer {}{}", curve.state, curve.id.layer, curve.id.reverse ? " reverse" : ""),
          curve.norms.ours, curve.norms.reference, result_.is_double, largest_at_every_step(curve.id)));
    }
  }

  void compare_training(const Combination& how) {
    const OurTraining ours = our_training(subject_, how);
    const json told = python_.ask("train", {{"training", training_json(how.options)},
                                            {"updates", how.options.updates},
                                            {"validate_every", how.options.validate_every},
                                            {"into", (python_ / "after.pt").string()}});
    Trajectory t{.how = how,
                 .losses = {ours.losses, numbers_in(told.at("updates"), "loss")},
                 .clip_norms = {ours.clip_norms, numbers_in(told.at("updates"), "norm")},
                 .rates = {ours.rates, numbers_in(told.at("updates"), "rate")},
                 .validations = {ours.validations, numbers_in(told.at("validations"))},
                 .clipped = ours.clipped,
                 .checks = {}};
    const std::string name = how.optimiser + " " + how.schedule;
    const auto add = [&](Quantity quantity, const Pair& pair) {
      t.checks.push_back(make_check(quantity, name, pair.ours, pair.reference, result_.is_double));
    };
    add(Quantity::losses, t.losses);
    add(Quantity::clip_norms, t.clip_norms);
    add(Quantity::rates, t.rates);
    if (!t.validations.ours.empty()) add(Quantity::validations, t.validations);
    add_weights(t, ours.weights, load_tensors(python_ / "after.pt"));
    result_.trajectories.push_back(std::move(t));
  }

  Comparison result() && { return std::move(result_); }

 private:
  void note(const std::string& sentence) { result_.notes.push_back(sentence); }

  void compare_tensors(Quantity quantity, const TensorMap& ours, const TensorMap& reference) {
    for (const auto& [name, tensor] : ours) {
      const auto found = reference.find(name);
      const Quantity own = name == "output" ? Quantity::outputs : name == "loss" ? Quantity::loss : quantity;
      const std::string shown = name.starts_with("grad.") ? name.substr(5) : name;
      const auto theirs = found == reference.end() ? std::vector<double>{} : numbers_of(found->second);
      result_.checks.push_back(make_check(own, shown, numbers_of(tensor), theirs, result_.is_double));
    }
  }

  static StepCurve curve_of(const FlowRecord& ours, const json& theirs) {
    const LayerId id{theirs.at("layer").get<std::int64_t>(), theirs.at("reverse").get<bool>()};
    const auto state = theirs.at("state").get<std::size_t>();
    const auto layer = std::ranges::find(ours.layers, id, &LayerFlow::id);
    StepCurve curve{id, ours.states.at(state), {{}, numbers_in(theirs.at("norms"))}};
    if (layer != ours.layers.end()) {
      for (const double log10 : layer->gradient_log10.at(state))
        curve.norms.ours.push_back(std::pow(10.0, log10));
    }
    return curve;
  }

  /// The largest norm of the states of a layer at every step: what each of them is measured against.
  std::vector<double> largest_at_every_step(LayerId id) const {
    std::vector<double> largest;
    for (const StepCurve& curve : result_.curves) {
      if (!(curve.id == id)) continue;
      largest.resize(std::max(largest.size(), curve.norms.reference.size()));
      for (std::size_t t = 0; t < curve.norms.reference.size(); ++t)
        largest[t] = std::max(largest[t], curve.norms.reference[t]);
    }
    return largest;
  }

  void add_weights(Trajectory& t, const TensorMap& ours, const TensorMap& reference) {
    for (const auto& [name, tensor] : ours) {
      const auto found = reference.find(name);
      const auto theirs = found == reference.end() ? std::vector<double>{} : numbers_of(found->second);
      t.checks.push_back(make_check(Quantity::weights,
                                    fmt::format("{} {}, {}", t.how.optimiser, t.how.schedule, name),
                                    numbers_of(tensor), theirs, result_.is_double));
    }
  }

  const Subject& subject_;
  PythonReference& python_;
  Comparison result_;
};

}  // namespace

std::vector<Check> Comparison::all_checks() const {
  std::vector<Check> all = checks;
  for (const Trajectory& t : trajectories) all.insert(all.end(), t.checks.begin(), t.checks.end());
  return all;
}

bool Comparison::ok() const {
  return std::ranges::all_of(all_checks(), &Check::ok);
}

Comparison compare(const Subject& subject, const CompareLimits& limits, PythonReference& python,
                   const std::function<void(const std::string&)>& progress) {
  Comparer comparer(subject, python);
  progress("weights and batches");
  comparer.begin();
  comparer.compare_start();
  progress("outputs and gradients");
  comparer.compare_gradients();
  comparer.compare_step_norms();
  comparer.note_zeros();
  for (const Combination& how : limits.combinations) {
    progress(fmt::format("{} updates of {}, {}", how.options.updates, how.optimiser, how.schedule));
    comparer.compare_training(how);
  }
  Comparison result = std::move(comparer).result();
  if (limits.turns.rounds > 0) {
    progress("time");
    result.speed = time_updates(subject, limits.turns, python);
  }
  return result;
}

}  // namespace carousel::cli
