#include "carousel/tasks/sequence_model.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "carousel/error.h"
#include "carousel/recurrent/truncated.h"
#include "carousel/tasks/packing.h"

namespace carousel {
namespace {

void check_embedding(const TaskFacts& task, std::int64_t embedding) {
  if (embedding < 0) throw Error(fmt::format("--embedding must be 0 (one-hot) or above, not {}", embedding));
  if (embedding > 0 && !task.tokens) {
    throw Error(
        fmt::format("--embedding {} was given, but the input of {} is numbers, not tokens: leave it at 0",
                    embedding, task.name));
  }
}

}  // namespace

SequenceModel::SequenceModel(const TaskFacts& task, const ModelOptions& options, const CellRegistry& cells)
    : task_(task) {
  check_embedding(task, options.embedding);
  const std::int64_t features = options.embedding > 0 ? options.embedding : task.input_size;
  const auto recurrent = RecurrentOptions(features, options.hidden)
                             .num_layers(options.layers)
                             .dropout(options.dropout)
                             .bidirectional(options.bidirectional)
                             .engine(options.engine);

  // The order in which the weights are drawn: part of what a seed means.
  if (options.embedding > 0) {
    embedding_ = register_module("embedding", torch::nn::Embedding(task.input_size, options.embedding));
  }
  recurrent_ = register_module("recurrent", cells.make(options.cell, recurrent));
  head_ =
      register_module("head", torch::nn::Linear(recurrent.directions() * options.hidden, task.output_size));
}

Prediction SequenceModel::predict(const Batch& batch, const std::vector<torch::Tensor>& carried,
                                  std::int64_t tbptt) {
  const Packing packing(batch.steps(), batch.sequences(), batch.lengths);
  const PackedBatch rows{encode(packing.pack(batch.input)), packing.sizes()};
  auto result = run_truncated(*recurrent_, rows, packing.sort(carried), tbptt);
  auto states = packing.restore(result.states);
  auto output = task_.every_step ? packing.unpack(head_(result.output)) : head_(last_output(states.front()));
  return {std::move(output), std::move(states)};
}

torch::Tensor SequenceModel::encode(const torch::Tensor& rows) const {
  return embedding_.is_empty() ? rows : torch::embedding(embedding_->weight, rows);
}

torch::Tensor SequenceModel::last_output(const torch::Tensor& h) const {
  const std::int64_t directions = recurrent_->options.directions();
  return h.narrow(0, h.size(0) - directions, directions).transpose(0, 1).flatten(1);
}

}  // namespace carousel
