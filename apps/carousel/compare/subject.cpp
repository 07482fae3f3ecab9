#include "compare/subject.h"

#include <algorithm>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/model/sequence_model.h"
#include "carousel/recurrent/initialise.h"
#include "carousel/torch.h"
#include "carousel/train/checkpoint.h"

#include "options/noise_options.h"
#include "runs/cell_json.h"
#include "runs/experiment.h"
#include "runs/run_record.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

const std::vector<std::string> torchs_own{"lstm", "gru", "rnn", "relu-rnn"};

json noise_json(const Noise& noise) {
  return {{"hidden", noise.hidden},
          {"input", noise.input},
          {"update", noise.update},
          {"weight", noise.weight},
          {"zoneout", noise.zoneout}};
}

torch::Generator generator() {
  return torch::Generator(at::detail::getDefaultCPUGenerator());
}

void check_comparable(const OptionValues& values) {
  if (values.text("device") != "cpu")
    throw Error(fmt::format("--device is {}: compare runs both sides on the CPU", values.text("device")));
  if (values.integer("tbptt") > 0 && values.flag("bidirectional"))
    throw Error("--tbptt needs a network of one direction: leave out --tbptt or --bidirectional");
}

}  // namespace

FixedBatches::FixedBatches(std::unique_ptr<Task> task, std::int64_t train, std::int64_t valid,
                           torch::Dtype dtype)
    : task_(std::move(task)) {
  const auto draw = [&](Split split, std::int64_t wanted, std::vector<Batch>& into) {
    for (std::int64_t i = 0; i < wanted; ++i) {
      Batch batch = task_->batch(split, i).to(torch::kCPU, dtype);
      batch.input = batch.input.contiguous();
      batch.target = batch.target.contiguous();
      into.push_back(std::move(batch));
    }
  };
  const std::int64_t an_epoch = task_->batches(Split::train);
  draw(Split::train, an_epoch > 0 ? std::min(an_epoch, train) : train, train_);
  draw(Split::valid, std::min(task_->batches(Split::valid), valid), valid_);
}

std::int64_t FixedBatches::batches(Split split) const {
  return static_cast<std::int64_t>(split == Split::train   ? train_.size()
                                   : split == Split::valid ? valid_.size()
                                                           : 0);
}

Batch FixedBatches::batch(Split split, std::int64_t index) const {
  const auto& all = split == Split::train ? train_ : valid_;
  return all.at(static_cast<std::size_t>(index) % all.size());
}

torch::Tensor FixedBatches::loss(const torch::Tensor& output, const Batch& batch) const {
  return task_->loss(output, batch);
}

Score FixedBatches::score(const torch::Tensor& output, const Batch& batch) const {
  return task_->score(output, batch);
}

std::shared_ptr<SequenceModel> Subject::model() const {
  auto made = make_model(task->facts(), values, *cells);
  load_state_dict(*made, start, start_text);
  generator().set_state(random);
  return made;
}

json Subject::network() const {
  const TaskFacts& facts = task->facts();
  const std::string form = task->loss_form();
  json shape = task_shape_json(facts);
  shape["loss"] = form.empty() ? json(nullptr) : json::parse(form);
  const CellRegistry::Entry& cell = cells->find(values.text("cell"));
  return {{"task", std::move(shape)},
          {"cell", values.text("cell")},
          {"recorded", cell.readings ? cell_json(cell) : json(nullptr)},
          {"hidden", values.integer("hidden")},
          {"layers", values.integer("layers")},
          {"bidirectional", values.flag("bidirectional")},
          {"dropout", values.number("dropout")},
          {"embedding", values.integer("embedding")},
          {"recurrence", values.text("recurrence")},
          {"learn_start", values.flag("learn-start")},
          {"noise", noise_json(asked_noise(values, cell.facts))},
          {"dtype", values.text("dtype")}};
}

std::string Subject::title() const {
  const Batch batch = task->batch(Split::train, 0);
  std::string text = fmt::format(
      "{} with {}, {} x {} units{}, {}, {} sequences of {} steps", task->facts().name, values.text("cell"),
      values.text("layers"), values.text("hidden"), values.flag("bidirectional") ? " in both directions" : "",
      values.text("dtype"), batch.sequences(), batch.steps());
  if (values.integer("embedding") > 0) text += fmt::format(", embedding {}", values.text("embedding"));
  if (values.text("recurrence") != "cell") text += ", recurrence " + values.text("recurrence");
  if (values.flag("learn-start")) text += ", learned start";
  if (draws_noise()) text += ", noise in the recurrence";
  if (batch.resets.defined()) text += ", resets";
  if (training.tbptt > 0) text += fmt::format(", gradient cut every {}", training.tbptt);
  if (training.accumulate > 1) text += fmt::format(", {} batches an update", training.accumulate);
  return text;
}

bool Subject::draws_noise() const {
  return asked_noise(values, cells->find(values.text("cell")).facts).draws();
}

bool Subject::draws_as_torch() const {
  const std::string& recurrent = values.text("init-recurrent");
  return std::ranges::find(torchs_own, values.text("cell")) != torchs_own.end() &&
         (recurrent == "cell" || recurrent == "torch") && !values.is_set("chrono-tmax");
}

Subject make_subject(const TrainRequest& request, const Registries& registries, std::int64_t updates,
                     const TaskMemory& memory, const std::filesystem::path& weights) {
  constexpr std::int64_t validation_batches = 2;
  check_comparable(request.values);
  Subject subject{.values = request.values, .cells = &registries.cells};
  auto task = make_task(*request.task, subject.values, memory);
  subject.training = trainer_options(subject.values, *task);
  subject.task = std::make_shared<FixedBatches>(std::move(task), updates * subject.training.accumulate,
                                                validation_batches,
                                                subject.is_double() ? torch::kDouble : torch::kFloat);
  if (!weights.empty()) check_file_of_checkpoint(weights);
  subject.start = weights.empty() ? drawn_weights(subject) : load_tensors(weights);
  subject.start_text = weights.empty() ? "seed " + subject.values.text("seed") : weights.string();
  torch::manual_seed(static_cast<std::uint64_t>(subject.values.integer("seed")));
  subject.random = generator().get_state();
  subject.training.init = {};  // the start is given: nothing is drawn again
  subject.training.updates = updates;
  return subject;
}

TensorMap drawn_weights(const Subject& subject) {
  const auto model = make_model(subject.task->facts(), subject.values, *subject.cells);
  initialise(model->recurrent(), init_options(subject.values));
  TensorMap weights;
  for (const auto& [name, tensor] : state_dict(*model)) weights[name] = tensor.clone();
  return weights;
}

std::vector<double> numbers_of(const torch::Tensor& tensor) {
  const auto flat = tensor.detach().to(torch::kCPU, torch::kDouble).contiguous();
  const auto* first = flat.const_data_ptr<double>();
  return {first, first + flat.numel()};
}

}  // namespace carousel::cli
