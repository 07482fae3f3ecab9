// What `carousel export --format onnx` writes.
#pragma once

#include "carousel/exchange/onnx_model.h"

#include "runs/saved_run.h"

namespace carousel::cli {

/// The graph of a run's model with what its file says of it. Runs of series and classify read raw columns and answer in the unit
/// of the data (exchange/onnx_table.h); their files hold the run's schema.json as "schema", and as "columns" what each input and output
/// holds. `texts` is what the file says besides. Throws Error as the graphs do.
onnx::Model onnx_content(const SavedRun& run, SequenceModel& model, const TaskFacts& task,
                         const OnnxOptions& options, std::map<std::string, std::string> texts);

}  // namespace carousel::cli
