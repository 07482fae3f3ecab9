#include "compare/comparison.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/model/sequence_model.h"
#include "carousel/text.h"
#include "carousel/torch.h"
#include "carousel/train/state_dict.h"

#include "compare/figures.h"
#include "compare/ours.h"
#include "compare/subject.h"
#include "compare/tables.h"

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
      if (batch.resets.defined()) data[prefix + "resets"] = batch.resets.contiguous();
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

/// The reference runs a chunk's running sequences alone, where they lie in another order.
void check_chunks(const Subject& subject) {
  const Batch batch = subject.task->batch(Split::train, 0);
  if (subject.training.tbptt == 0 || !batch.lengths.defined()) return;
  if (!subject.draws_noise() && !batch.resets.defined()) return;
  throw Error(fmt::format(
      "--tbptt is {}, and these sequences have different lengths and {}: the reference cannot cut "
      "them; compare without --tbptt",
      subject.training.tbptt, batch.resets.defined() ? "begin anew inside a batch" : "noise"));
}

void append(std::vector<Check>& checks, std::vector<Check> more) {
  std::ranges::move(more, std::back_inserter(checks));
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
    check_chunks(subject_);
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
    for (const Check& check : result_.checks)
      if (check.difference.nothing && check.quantity != Quantity::start) zeros.push_back(check.name);
    if (!zeros.empty())
      note(fmt::format("zero everywhere on both sides: nothing was compared: {}", join(zeros)));
  }

  void compare_start() {
    if (!subject_.draws_as_torch()) return;
    const auto bias = subject_.values.optional_number("forget-bias");
    python_.ask("draw", {{"network", subject_.network()},
                         {"seed", subject_.values.integer("seed")},
                         {"forget_bias", bias ? json(*bias) : json()},
                         {"into", (python_ / "drawn.pt").string()}});
    append(result_.checks, make_checks(figures_of(Quantity::start, drawn_weights(subject_),
                                                  load_tensors(python_ / "drawn.pt")),
                                       result_.is_double));
  }

  void compare_gradients() {
    const TensorMap ours = our_gradients(subject_);
    append(result_.checks, checked([&] {
             python_.ask("gradients",
                         {{"tbptt", subject_.training.tbptt}, {"into", (python_ / "gradients.pt").string()}});
             return figures_of(Quantity::gradients, ours, load_tensors(python_ / "gradients.pt"));
           }));
  }

  void compare_step_norms() {
    if (loop_draws_other_masks(subject_)) {
      note(
          "dropout between layers of sequences with different lengths: an explicit loop draws other masks "
          "than nn.LSTM, so dL/dh_t is not compared");
      return;
    }
    const FlowRecord ours = our_flow(subject_);
    if (ours.layers.empty()) {
      note("no step is recorded in torch's own layers: dL/dh_t is not compared");
      return;
    }
    append(result_.checks, checked([&] {
             std::vector<StepCurve> curves;
             for (const json& curve : python_.ask("step_norms", {{"tbptt", subject_.training.tbptt}}))
               curves.push_back(curve_of(ours, curve));
             if (result_.curves.empty()) result_.curves = curves;
             return figures_of(curves);
           }));
  }

  void compare_training(const Combination& how) {
    const OurTraining ours = our_training(subject_, how);
    std::optional<Trajectory> trajectory;
    auto checks = checked([&] {
      const json told = python_.ask("train", {{"training", training_json(how.options)},
                                              {"updates", how.options.updates},
                                              {"validate_every", how.options.validate_every},
                                              {"into", (python_ / "after.pt").string()}});
      const Trajectory t{.how = how,
                         .losses = {ours.losses, numbers_in(told.at("updates"), "loss")},
                         .clip_norms = {ours.clip_norms, numbers_in(told.at("updates"), "norm")},
                         .rates = {ours.rates, numbers_in(told.at("updates"), "rate")},
                         .validations = {ours.validations, numbers_in(told.at("validations"))},
                         .clipped = ours.clipped,
                         .checks = {}};
      if (!trajectory) trajectory = t;
      return figures_of(t, ours.weights, load_tensors(python_ / "after.pt"));
    });
    trajectory->checks = std::move(checks);
    result_.trajectories.push_back(std::move(*trajectory));
  }

  /// Of every quantity what float could not tell, where that is furthest from the reference.
  void note_rounding() {
    std::map<Quantity, std::vector<Check>> found;
    const auto collect = [&](const std::vector<Check>& checks) {
      if (agreement_of(checks) == Agreement::mismatch) return;  // something else is at fault
      for (const Check& check : checks)
        if (check.agreement() == Agreement::rounding) found[check.quantity].push_back(check);
    };
    collect(result_.checks);
    for (const Trajectory& t : result_.trajectories) collect(t.checks);
    for (const auto& [quantity, checks] : found) note(rounding_text(*worst_of(checks), checks.size()));
  }

  Comparison result() && { return std::move(result_); }

 private:
  void note(const std::string& sentence) { result_.notes.push_back(sentence); }

  /// The checks of what `compute` makes of Python's answers. What differs in float is held against Python's
  /// answers in double.
  std::vector<Check> checked(const std::function<std::vector<Figure>()>& compute) {
    const std::vector<Figure> figures = compute();
    std::vector<Check> checks = make_checks(figures, result_.is_double);
    if (result_.is_double || agreement_of(checks) == Agreement::equal) return checks;
    python_.ask("use", {{"dtype", "double"}});
    judge_by_exact(checks, figures, compute());
    python_.ask("use", {{"dtype", "float"}});
    return checks;
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
  comparer.note_rounding();
  Comparison result = std::move(comparer).result();
  if (limits.turns.rounds > 0) {
    progress("time");
    result.speed = time_updates(subject, limits.turns, python);
  }
  return result;
}

}  // namespace carousel::cli
