// What both sides are given: a network, its weights, the same batches, and how it is trained.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "carousel/train/batch.h"
#include "carousel/train/state_dict.h"
#include "carousel/train/task.h"

#include "runs/request.h"

namespace carousel {
class SequenceModel;
}

namespace carousel::cli {

/// Batches of a task drawn once; the training batches come again from the first when they are used up.
class FixedBatches : public Task {
 public:
  /// The first `train` and `valid` batches of the task, or as many as there are, their features in `dtype`.
  FixedBatches(std::unique_ptr<Task> task, std::int64_t train, std::int64_t valid, torch::Dtype dtype);

  const TaskFacts& facts() const override { return task_->facts(); }
  std::int64_t batches(Split split) const override;
  Batch batch(Split split, std::int64_t index) const override;
  torch::Tensor loss(const torch::Tensor& output, const Batch& batch) const override;
  std::string loss_form() const override { return task_->loss_form(); }
  double loss_count(const Batch& batch) const override { return task_->loss_count(batch); }
  Score score(const torch::Tensor& output, const Batch& batch) const override;

 private:
  std::unique_ptr<Task> task_;
  std::vector<Batch> train_, valid_;
};

struct Subject {
  OptionValues values;  ///< of the configuration
  const CellRegistry* cells = nullptr;
  std::shared_ptr<FixedBatches> task = {};
  TrainerOptions training = {};  ///< as configured
  TensorMap start = {};          ///< the weights that both sides begin with
  torch::Tensor random = {};     ///< state of torch's CPU generator, for dropout
  std::string start_text = {};   ///< where they come from: "drawn from seed 1", "runs/x/checkpoints/best/..."

  bool is_double() const { return values.text("dtype") == "double"; }
  /// The model with the weights it starts from, and the random numbers where they were.
  std::shared_ptr<SequenceModel> model() const;
  /// SequenceModel's arguments on Python's side, and the dtype.
  nlohmann::json network() const;
  /// Task, cell, sizes and dtype in a line.
  std::string title() const;
  /// Whether Python can draw the same weights from the seed: torch's layers with torch's initialisation.
  bool draws_as_torch() const;
  /// Whether training drops anything inside the recurrence.
  bool draws_noise() const;
};

/// The subject of a request with weights from its seed, or from the file when one is given. `updates` says
/// how many training batches are needed. Throws Error for a configuration that cannot be compared.
Subject make_subject(const TrainRequest& request, const Registries& registries, std::int64_t updates,
                     const TaskMemory& memory = {}, const std::filesystem::path& weights = {});

/// The weights as the seed and the trainer's initialisation make them.
TensorMap drawn_weights(const Subject& subject);

/// A tensor's numbers in double, in their order.
std::vector<double> numbers_of(const torch::Tensor& tensor);

}  // namespace carousel::cli
