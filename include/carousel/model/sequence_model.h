// The model of the built-in tasks.
//
//   tokens [T,B] -> one-hot or embedding --+
//                                          +-> x [T,B,I] -> Recurrent -> h [T,B,D H] -> linear -> output
//   features [T,B,I] ----------------------+
//
// Of features, those that the task's facts name as categories are learned vectors first (model/row_embedding.h).
//
// Which of the two a batch is follows from its shape and dtype together: whole numbers [T,B] are tokens, from 0 to
// I - 1; whole numbers [T,B,I] are refused. What lies beyond a sequence's length is not looked at.
//
// The output is [T,B,K], or [B,K] from the last step. Sequences of different lengths (Batch::lengths) run only
// as far as they go: the output is zero beyond the end, the last step is each sequence's own, and of a
// bidirectional model it is where each direction ends. Where sequences begin anew inside the batch (Batch::resets), each
// piece has its own last step: the output is [P,K], in the order of pieces_of().
#pragma once

#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>

#include "carousel/model/model_options.h"
#include "carousel/model/packing.h"
#include "carousel/model/row_embedding.h"
#include "carousel/recurrent/cell_registry.h"
#include "carousel/train/model.h"

namespace carousel {

class SequenceModel : public Model {
 public:
  /// Draws the weights of the embedding, of tokens or of categories, if there is one, then of the recurrent module, then of the head:
  /// under the same seed they are those of torch's nn.Embedding, nn.LSTM and nn.Linear made in this order.
  /// Throws Error for an unknown cell or a size out of range, for weights that this machine's memory cannot
  /// hold twice (a gradient or a file's copy lies beside them), and for two directions where the task
  /// predicts the next step, or (in predict) where a batch goes on from the one before.
  SequenceModel(const TaskFacts& task, const ModelOptions& options, const CellRegistry& cells);

  /// Throws Error for lengths, an input or carried states that do not fit.
  Prediction predict(const Batch& batch, const std::vector<torch::Tensor>& carried,
                     std::int64_t tbptt) override;

  /// A deep copy: all parameters and buffers, and which of them train; nothing is drawn from a generator.
  std::shared_ptr<torch::nn::Module> clone(
      const std::optional<torch::Device>& device = std::nullopt) const override;

  std::unique_ptr<TokenReader> reader() override;
  std::unique_ptr<RowReader> row_reader() override;
  RecurrentBase& recurrent() override { return *recurrent_; }

  /// predict() in two parts, for who runs the recurrent module in between: the rows that it reads, and the
  /// model's output from its rows [sum of sizes, D H].
  PackedBatch read(const Batch& batch, const Packing& packing) const;
  torch::Tensor answer(const torch::Tensor& rows, const Packing& packing, const Batch& batch);

 private:
  SequenceModel(const SequenceModel& like,
                std::shared_ptr<RecurrentBase> recurrent);  // weights yet to be given
  void clone_(torch::nn::Module& other, const std::optional<torch::Device>& device) override;
  void check_input(const torch::Tensor& input) const;
  torch::Tensor encode(
      const torch::Tensor& rows) const;  // tokens [N] or rows [N, I] as the recurrent module reads them
  torch::Tensor last_output(const torch::Tensor& h) const;  // [L D, B, H] -> the last layer's, [B, D H]

  TaskFacts task_;
  torch::nn::Embedding embedding_{nullptr};  // of tokens
  RowEmbedding row_embedding_{nullptr};      // of categories; both are named embedding
  std::shared_ptr<RecurrentBase> recurrent_;
  torch::nn::Linear head_{nullptr};
};

}  // namespace carousel
