#include "compare/ours.h"

#include "carousel/model/sequence_model.h"
#include "carousel/torch.h"
#include "carousel/train/batch.h"
#include "carousel/train/parameters.h"

#include "compare/subject.h"

namespace carousel::cli {

TensorMap our_gradients(const Subject& subject) {
  const auto model = subject.model();
  const Batch batch = subject.task->batch(Split::train, 0);
  const auto prediction = model->predict(batch, {}, subject.training.tbptt);
  const auto loss = subject.task->loss(prediction.output, batch);
  loss.backward();
  TensorMap tensors{{"output", prediction.output.detach()}, {"loss", loss.detach()}};
  for (const auto& [name, parameter] : parameters_once(*model)) {
    const auto& gradient = parameter.grad();
    tensors["grad." + name] = gradient.defined() ? gradient : torch::zeros_like(parameter.detach());
  }
  return tensors;
}

FlowRecord our_flow(const Subject& subject) {
  const auto model = subject.model();
  const auto recorder = std::make_shared<FlowRecorder>();
  model->recurrent().observe(recorder);
  const Batch batch = subject.task->batch(Split::train, 0);
  subject.task->loss(model->predict(batch, {}, subject.training.tbptt).output, batch).backward();
  return recorder->take();
}

OurTraining our_training(const Subject& subject, const Combination& how) {
  const auto model = subject.model();
  OurTraining told;
  std::int64_t clipped = 0;
  Trainer trainer(*subject.task, *model, how.options);
  trainer.on_update([&](const UpdateReport& report) {
    told.losses.push_back(report.loss);
    told.clip_norms.push_back(report.clip.norm_before);
    told.rates.push_back(report.lr);
    clipped += report.clip.clipped ? 1 : 0;
  });
  trainer.on_validation(
      [&](const ValidationReport& report) { told.validations.push_back(report.score.loss()); });
  trainer.run();
  told.clipped = static_cast<double>(clipped) / static_cast<double>(told.losses.size());
  told.weights = state_dict(*model);
  return told;
}

}  // namespace carousel::cli
