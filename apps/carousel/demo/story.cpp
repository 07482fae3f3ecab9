#include "demo/story.h"

#include <cmath>

#include "carousel/error.h"
#include "carousel/tasks/task_registry.h"
#include "carousel/train/trainer.h"

namespace carousel::cli {

namespace {

constexpr std::uint64_t seed = 1;

std::unique_ptr<Task> adding(const Registries& registries, std::int64_t length) {
  const TaskSpec& spec = registries.tasks.find("adding");
  Settings settings(spec.settings);
  settings.set("length", length);
  return spec.make(settings, {.seed = seed});
}

std::shared_ptr<SequenceModel> fresh_model(const Registries& registries, const Task& task,
                                           const StoryOptions& options) {
  torch::manual_seed(seed);
  auto model =
      std::make_shared<SequenceModel>(task.facts(), ModelOptions{.cell = options.cell}, registries.cells);
  initialise(model->recurrent(), options.init);
  return model;
}

void remember(Story& story, const UpdateReport& report) {
  const auto update = static_cast<double>(report.update);
  story.updates = report.update;
  story.loss.emplace_back(update, report.loss);
  story.norm.emplace_back(update, report.clip.norm_before);
  if (!report.flow) return;
  if (const auto keep = report.flow->keep_gate_mean()) story.keep_gate.emplace_back(update, *keep);
  if (const auto reach = report.flow->reach()) story.reach.emplace_back(update, reach->log10_ratio);
  if (story.records.size() < 2) {
    story.records.push_back(*report.flow);
  } else {
    story.records.back() = *report.flow;
  }
}

}  // namespace

Story train_on_adding(const Registries& registries, const StoryOptions& options) {
  const auto task = adding(registries, options.length);
  Story story;
  story.untrained = fresh_model(registries, *task, options);
  story.trained = fresh_model(registries, *task, options);
  Trainer trainer(*task, *story.trained,
                  {.updates = options.updates,
                   .validate_every = 100,
                   .target = options.target,
                   .init = options.init,
                   .clip = options.clip,
                   .optimiser = options.optimiser});
  trainer.on_update([&](const UpdateReport& report) { remember(story, report); });
  try {
    const TrainingResult result = trainer.run();
    story.reached = result.why == StopReason::target_reached;
    story.error = result.best ? result.best->score.metric() : NAN;
  } catch (const NonFiniteError& error) {
    story.broke = error.what();
  }
  return story;
}

MarkedSequence marked_sequence(const Registries& registries, std::int64_t length) {
  const auto batch = adding(registries, length)->batch(Split::valid, 0);
  MarkedSequence sequence{.input = batch.input.narrow(1, 0, 1).contiguous(), .marked = {}};
  for (std::int64_t t = 0; t < length; ++t)
    sequence.marked.push_back(sequence.input[t][0][1].item<double>() > 0.5);
  return sequence;
}

std::vector<std::vector<double>> gates_along(SequenceModel& model, const MarkedSequence& sequence) {
  const torch::NoGradGuard no_grad;
  const auto recorder = std::make_shared<FlowRecorder>();
  model.recurrent().observe(recorder);
  model.recurrent().run_padded(sequence.input, {});
  model.recurrent().observe(nullptr);
  return recorder->take().layers.front().gate_mean;
}

double most_open_path(SequenceModel& lstm, const MarkedSequence& sequence) {
  const torch::NoGradGuard no_grad;
  const auto h = lstm.recurrent().run_padded(sequence.input, {}).first;
  const std::int64_t units = h.size(2), last = h.size(0) - 1;
  const auto w = lstm.recurrent().weights({});
  const auto of_forget = [&](const torch::Tensor& blocks) { return blocks.narrow(0, units, units); };
  const auto pre = torch::linear(sequence.input.narrow(0, 1, last), of_forget(w.weight_ih),
                                 of_forget(w.bias_ih) + of_forget(w.bias_hh)) +
                   torch::linear(h.narrow(0, 0, last), of_forget(w.weight_hh));
  return torch::log_sigmoid(pre.to(torch::kDouble)).sum(0).max().item<double>() / std::log(10.0);
}

}  // namespace carousel::cli
