#include "carousel/model/sequence_model.h"

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/recurrent/clone.h"
#include "carousel/recurrent/stream.h"
#include "carousel/recurrent/truncated.h"
#include "carousel/torch.h"

#include "model/model_size.h"

namespace carousel {
namespace {

void check_embedding(const TaskFacts& task, std::int64_t embedding) {
  if (embedding < 0) throw Error(fmt::format("--embedding must be 0 (one-hot) or above, not {}", embedding));
  if (embedding > 0 && !task.tokens) {
    throw Error(
        fmt::format("--embedding {} was given, but the input of {} is numbers, not tokens: leave it at 0 "
                    "(categories of a table are embedded by --embed of series)",
                    embedding, task.name));
  }
}

void check_direction(const TaskFacts& task, bool bidirectional) {
  if (!bidirectional || !task.predicts_next) return;
  throw Error(
      fmt::format("--bidirectional was given, but {} predicts the step that comes next, which the reverse "
                  "direction has already read: leave it out",
                  task.name));
}

/// One-hot tokens through the recurrent module and the head, step by step.
class StreamReader : public TokenReader {
 public:
  StreamReader(const RecurrentBase& recurrent, const torch::nn::LinearImpl& head)
      : stream_(recurrent, RecurrentStream::Input::classes),
        weight_(head.weight.detach()),
        bias_(head.bias.detach()),
        output_(torch::empty_like(bias_)) {}

  void restart() override { stream_.restart(); }

  const torch::Tensor& read(std::int64_t token) override {
    const torch::InferenceMode no_graph;
    return at::addmv_out(output_, bias_, weight_, stream_.step(token));
  }

 private:
  RecurrentStream stream_;
  torch::Tensor weight_, bias_, output_;
};

/// Rows through the recurrent module, and through the head where an answer is asked for.
class FeatureReader : public RowReader {
 public:
  FeatureReader(RowEmbedding embedding, const RecurrentBase& recurrent, const torch::nn::LinearImpl& head)
      : embedding_(std::move(embedding)),
        stream_(recurrent, RecurrentStream::Input::rows),
        weight_(head.weight.detach()),
        bias_(head.bias.detach()),
        output_(torch::empty_like(bias_)) {}

  void restart() override { stream_.restart(), last_ = nullptr; }
  void read(const torch::Tensor& row) override {
    const torch::InferenceMode no_graph;
    last_ = &stream_.step(embedding_.is_empty() ? row : embedding_->forward(row));
  }

  const torch::Tensor& answer() override {
    if (!last_) throw Error("nothing was read yet: there is no answer");
    const torch::InferenceMode no_graph;
    return at::addmv_out(output_, bias_, weight_, *last_);
  }

 private:
  RowEmbedding embedding_;
  RecurrentStream stream_;
  torch::Tensor weight_, bias_, output_;
  const torch::Tensor* last_ = nullptr;
};

}  // namespace

SequenceModel::SequenceModel(const TaskFacts& task, const ModelOptions& options, const CellRegistry& cells)
    : task_(task) {
  check_embedding(task, options.embedding);
  check_direction(task, options.bidirectional);
  check_size(task, options, cells.find(options.cell).facts);
  const std::int64_t features = options.embedding > 0 ? options.embedding : embedded_width(task);
  const auto recurrent = RecurrentOptions(features, options.hidden)
                             .num_layers(options.layers)
                             .dropout(options.dropout)
                             .bidirectional(options.bidirectional)
                             .engine(options.engine)
                             .save_memory(options.save_memory)
                             .recurrence(options.recurrence)
                             .learn_start(options.learn_start)
                             .noise(options.noise);

  // The order in which the weights are drawn: part of what a seed means.
  if (options.embedding > 0) {
    embedding_ = register_module("embedding", torch::nn::Embedding(task.input_size, options.embedding));
  }
  if (!task.embedded.empty()) row_embedding_ = register_module("embedding", RowEmbedding(task));
  recurrent_ = register_module("recurrent", cells.make(options.cell, recurrent));
  head_ =
      register_module("head", torch::nn::Linear(recurrent.directions() * options.hidden, task.output_size));
}

SequenceModel::SequenceModel(const SequenceModel& like, std::shared_ptr<RecurrentBase> recurrent)
    : task_(like.task_) {
  if (!like.embedding_.is_empty())
    embedding_ = register_module("embedding", torch::nn::Embedding(like.embedding_->options));
  if (!like.row_embedding_.is_empty()) row_embedding_ = register_module("embedding", RowEmbedding(task_));
  recurrent_ = register_module("recurrent", std::move(recurrent));
  head_ = register_module("head", torch::nn::Linear(like.head_->options));
}

std::shared_ptr<torch::nn::Module> SequenceModel::clone(const std::optional<torch::Device>& device) const {
  const UntouchedGenerator untouched;
  auto recurrent = std::dynamic_pointer_cast<RecurrentBase>(recurrent_->clone(device));
  std::shared_ptr<SequenceModel> copy(new SequenceModel(*this, std::move(recurrent)));
  copy_contents(*this, *copy, device);
  return copy;
}

void SequenceModel::clone_(torch::nn::Module& other, const std::optional<torch::Device>& device) {
  const auto* source = dynamic_cast<const SequenceModel*>(&other);
  if (!source) throw Error("the module that is cloned holds another model than its copy: build both alike");
  *this = *std::dynamic_pointer_cast<SequenceModel>(source->clone(device));
}

void SequenceModel::check_input(const torch::Tensor& input) const {
  if (!input.defined()) throw Error(fmt::format("a batch of {} has no input", task_.name));
  if (input.dim() == 3 || (task_.embedded.empty() && are_padded_classes(input))) return;
  throw Error(fmt::format(
      "the input of {} is {} of shape {}: it must be features [T, B, {}] or tokens [T, B] of int64",
      task_.name, c10::toString(input.scalar_type()), c10::str(input.sizes()), task_.input_size));
}

Prediction SequenceModel::predict(const Batch& batch, const std::vector<torch::Tensor>& carried,
                                  std::int64_t tbptt) {
  check_input(batch.input);
  if (batch.continues && recurrent_->options.bidirectional()) {
    throw Error(
        fmt::format("a batch of {} goes on where the one before ended, but a reverse direction begins at the "
                    "end that is still to come: leave out --bidirectional",
                    task_.name));
  }
  const Packing packing(batch.steps(), batch.sequences(), batch.lengths);
  auto result = run_truncated(*recurrent_, read(batch, packing), packing.sort(carried), tbptt);
  auto states = packing.restore(result.states);
  const bool from_rows = task_.every_step || batch.resets.defined();
  auto output = from_rows ? answer(result.output, packing, batch) : head_(last_output(states.front()));
  return {std::move(output), std::move(states)};
}

PackedBatch SequenceModel::read(const Batch& batch, const Packing& packing) const {
  return {encode(packing.pack(batch.input)), packing.sizes(),
          batch.resets.defined() ? packing.pack(batch.resets) : batch.resets};
}

torch::Tensor SequenceModel::answer(const torch::Tensor& rows, const Packing& packing, const Batch& batch) {
  if (task_.every_step) return packing.unpack(head_(rows));
  torch::Tensor first = packing.first_rows(), last = packing.last_rows();
  if (batch.resets.defined()) {
    const auto pieces = pieces_of(batch);
    first = packing.rows_of(pieces.first), last = packing.rows_of(pieces.last);
  }
  const std::int64_t hidden = recurrent_->options.hidden_size();
  auto ends = rows.narrow(1, 0, hidden).index_select(0, last.to(rows.device()));
  if (recurrent_->options.bidirectional()) {
    ends = torch::cat({ends, rows.narrow(1, hidden, hidden).index_select(0, first.to(rows.device()))}, 1);
  }
  return head_(ends);
}

std::unique_ptr<TokenReader> SequenceModel::reader() {
  const bool fits = task_.tokens && task_.every_step && embedding_.is_empty() && !is_training();
  if (!fits || !RecurrentStream::supports(*recurrent_)) return nullptr;
  return std::make_unique<StreamReader>(*recurrent_, *head_);
}

std::unique_ptr<RowReader> SequenceModel::row_reader() {
  const bool fits = !task_.tokens && embedding_.is_empty() && !is_training();
  if (!fits || !RecurrentStream::supports(*recurrent_)) return nullptr;
  return std::make_unique<FeatureReader>(row_embedding_, *recurrent_, *head_);
}

torch::Tensor SequenceModel::encode(const torch::Tensor& rows) const {
  if (!row_embedding_.is_empty()) return row_embedding_->forward(rows);
  if (embedding_.is_empty()) return rows;
  if (!are_classes(rows)) {
    throw Error(
        fmt::format("the embedding of {} reads tokens, whole numbers [T, B], not {} with {} dimensions",
                    task_.name, c10::toString(rows.scalar_type()), rows.dim() + 1));
  }
  const auto tokens = checked_classes(rows, embedding_->options.num_embeddings(), task_.name);
  return torch::embedding(embedding_->weight, tokens);
}

torch::Tensor SequenceModel::last_output(const torch::Tensor& h) const {
  const std::int64_t directions = recurrent_->options.directions();
  return h.narrow(0, h.size(0) - directions, directions).transpose(0, 1).flatten(1);
}

}  // namespace carousel
