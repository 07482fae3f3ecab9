// What `carousel export` writes: a run's weights in one of the formats that other programs read.
#pragma once

#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "carousel/exchange/onnx_model.h"
#include "carousel/train/state_dict.h"

#include "runs/saved_run.h"

namespace carousel::cli {

/// The formats by name, each also the ending of its files.
const std::vector<std::string>& export_formats();

/// The parts of a model by name; "model" is all of it.
const std::vector<std::string>& export_parts();

/// What is asked of an export, checked against each other.
struct ExportRequest {
  std::string format, part;
  std::filesystem::path file = {};
  bool overwrite = false;
  OnnxOptions onnx = {};
};

/// The format is the one asked for, else that of the file's ending, else safetensors; the file's name is that
/// of the run where none is given. Throws Error for what does not go together, or a file that is there.
ExportRequest export_request(const OptionValues& asked, const RunFolder& run);

/// The tensors of a part under the names that the part has by itself: those of nn.LSTM for "recurrent".
/// Throws Error when the model has no such part.
TensorMap part_of(const torch::nn::Module& model, const std::string& part);

/// Cell, sizes and task of a model as texts, for the file's metadata.
std::map<std::string, std::string> description(SequenceModel& model, const TaskFacts& task,
                                               const std::string& cell);

/// The lines of Python that run such an ONNX file; `said` has its "inputs" and "outputs".
std::string onnx_lines(const ExportRequest& request, const nlohmann::json& said);

/// The lines of Python that load such a file of weights.
std::string python_lines(const ExportRequest& request, SequenceModel& model, const TaskFacts& task,
                         const RunFolder& run);

}  // namespace carousel::cli
