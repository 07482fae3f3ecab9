// A SequenceModel as an ONNX graph that onnxruntime runs with the same outputs, whatever T and B.
//
//   input [T,B,I] numbers or [T,B] int64 tokens  ->  output [T,B,K], or [B,K] from the last step
//
// Runs over tables have graphs of their own, from raw columns to answers: exchange/onnx_table.h.
//
// tanh and rectifier RNN, LSTM and GRU become ONNX's own operators; any other elementwise cell becomes a Scan
// whose body is written from the cell's step (so do all with zoneout, which is there in expectation). All values are float32, also those of a double model; tokens
// outside the alphabet are not noticed (one-hot: a row of zeros).
#pragma once

#include "carousel/io/onnx_file.h"
#include "carousel/model/sequence_model.h"

namespace carousel {

struct OnnxOptions {
  /// The cell's states [L D, B, H] as inputs initial_h, ... and outputs final_h, ..., to run a sequence in
  /// pieces; without it every run starts from zeros.
  bool states = false;
  /// An input lengths [B] int64: steps of each sequence. The output is zero beyond, and the last step is each
  /// sequence's own.
  bool lengths = false;
  /// An input resets [T, B] boolean: before these steps a sequence begins anew. All layers become Scans.
  bool resets = false;
};

/// Throws Error for a cell whose step is not elementwise, or says fused = false.
onnx::Graph onnx_graph(SequenceModel& model, const TaskFacts& task, const OnnxOptions& options = {});

/// How a layer of the model would be written: "LSTM", "GRU", "RNN" or "Scan". Throws as onnx_graph.
std::string onnx_operator(const RecurrentBase& recurrent);

}  // namespace carousel
