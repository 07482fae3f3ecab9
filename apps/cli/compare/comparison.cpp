#include "cli/compare/comparison.h"

#include <algorithm>
#include <cmath>

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include "cli/compare/ours.h"

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

std::string title_of(const Subject& subject) {
  const OptionValues& values = subject.values;
  const Batch batch = subject.task->batch(Split::train, 0);
  std::string title =
      fmt::format("{} with {}, {} x {} units{}, {}, {} sequences of {} steps", subject.task->facts().name,
                  values.text("cell"), values.text("layers"), values.text("hidden"),
                  values.flag("bidirectional") ? " in both directions" : "", values.text("dtype"),
                  batch.sequences(), batch.steps());
  if (values.integer("embedding") > 0) title += fmt::format(", embedding {}", values.text("embedding"));
  if (subject.training.tbptt > 0) title += fmt::format(", gradient cut every {}", subject.training.tbptt);
  if (subject.training.accumulate > 1)
    title += fmt::format(", {} batches an update", subject.training.accumulate);
  return title;
}

/// One comparison while it is being made.
class Comparer {
 public:
  Comparer(const Subject& subject, PythonReference& python) : subject_(subject), python_(python) {
    result_.cell = subject.values.text("cell");
    result_.task = subject.task->facts().name;
    result_.start = subject.start_text;
    result_.is_double = subject.is_double();
    result_.title = title_of(subject);
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
    const FlowRecord ours = our_flow(subject_);
    if (ours.layers.empty()) {
      result_.notes.push_back("no step is recorded in torch's own layers: dL/dh_t is not compared");
      return;
    }
    for (const json& curve : python_.ask("step_norms", {{"tbptt", subject_.training.tbptt}}))
      result_.curves.push_back(curve_of(ours, curve));
    for (const StepCurve& curve : result_.curves) {
      result_.figures.push_back(make_figure(
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
                 .figures = {}};
    const std::string name = how.optimiser + " " + how.schedule;
    const auto add = [&](Quantity kind, const Pair& pair) {
      t.figures.push_back(make_figure(kind, name, pair.ours, pair.reference, result_.is_double));
    };
    add(Quantity::losses, t.losses);
    add(Quantity::clip_norms, t.clip_norms);
    add(Quantity::rates, t.rates);
    if (!t.validations.ours.empty()) add(Quantity::validations, t.validations);
    add_weights(t, ours.weights, load_tensors(python_ / "after.pt"));
    result_.trajectories.push_back(std::move(t));
  }

  void time(const RoundLimits& limits) {
    const Combination how = combinations_of(subject_, {}, {}).front();
    const auto model = subject_.model();
    Trainer trainer(*subject_.task, *model, how.options);
    python_.ask("prepare_timing", {{"training", training_json(how.options)}});
    const auto seconds_there = [&](std::int64_t updates) {
      return python_.ask("time", {{"updates", updates}}).get<double>();
    };
    seconds_there(1);
    // As many updates a turn as take a sample's time, so that a question and its answer weigh nothing.
    const auto updates =
        std::clamp<std::int64_t>(std::llround(limits.sample_seconds / seconds_there(1)), 1, 200);
    const auto seconds_here = [&] {
      return seconds_of([&] {
        for (std::int64_t i = 0; i < updates; ++i) trainer.step();
      });
    };
    seconds_here();
    std::vector<double> ours, reference;
    double spent = 0.0;
    for (std::int64_t round = 0; round < limits.rounds && (round < 3 || spent < limits.seconds); ++round) {
      for (const bool here : {round % 2 == 0, round % 2 != 0}) {
        const double taken = here ? seconds_here() : seconds_there(updates);
        (here ? ours : reference).push_back(taken / static_cast<double>(updates));
        spent += taken;
      }
    }
    result_.speed = Speed{spread_of(ours), spread_of(reference), paired_ratio(reference, ours)};
  }

  Comparison result() && { return std::move(result_); }

 private:
  void compare_tensors(Quantity kind, const TensorMap& ours, const TensorMap& reference) {
    for (const auto& [name, tensor] : ours) {
      const auto found = reference.find(name);
      const Quantity own = name == "output" ? Quantity::outputs : name == "loss" ? Quantity::loss : kind;
      const std::string shown = name.starts_with("grad.") ? name.substr(5) : name;
      const auto theirs = found == reference.end() ? std::vector<double>{} : numbers_of(found->second);
      result_.figures.push_back(make_figure(own, shown, numbers_of(tensor), theirs, result_.is_double));
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
      t.figures.push_back(make_figure(Quantity::weights,
                                      fmt::format("{} {}, {}", t.how.optimiser, t.how.schedule, name),
                                      numbers_of(tensor), theirs, result_.is_double));
    }
  }

  const Subject& subject_;
  PythonReference& python_;
  Comparison result_;
};

}  // namespace

std::vector<Figure> Comparison::all_figures() const {
  std::vector<Figure> all = figures;
  for (const Trajectory& t : trajectories) all.insert(all.end(), t.figures.begin(), t.figures.end());
  return all;
}

bool Comparison::ok() const {
  return std::ranges::all_of(all_figures(), &Figure::ok);
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
  for (const Combination& how : limits.combinations) {
    progress(fmt::format("{} updates of {}, {}", how.options.updates, how.optimiser, how.schedule));
    comparer.compare_training(how);
  }
  if (limits.turns.rounds > 0) {
    progress("time");
    comparer.time(limits.turns);
  }
  return std::move(comparer).result();
}

}  // namespace carousel::cli
