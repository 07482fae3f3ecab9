#include "exchange/onnx_content.h"

#include "carousel/data/series_schema.h"
#include "carousel/error.h"
#include "carousel/exchange/onnx_table.h"
#include "carousel/tasks/series.h"

#include "runs/experiment.h"

namespace carousel::cli {

using nlohmann::json;

onnx::Model onnx_content(const SavedRun& run, SequenceModel& model, const TaskFacts& task,
                         const OnnxOptions& options, std::map<std::string, std::string> texts) {
  if (run.memory.schema.empty()) return {onnx_graph(model, task, options), std::move(texts)};
  texts["schema"] = run.memory.schema;
  const Settings settings = settings_from(*run.request.task, run.request.values);
  const json schema = json::parse(run.memory.schema, nullptr, false);
  if (task.name == "classify") {
    if (!schema.is_object() || !schema.contains("classes"))
      throw Error("the run's schema.json is damaged (it has no classes): restore it or start a new run");
    texts["columns"] =
        json{{"classes", schema.at("classes")}, {"longest", settings.integer("longest")}}.dump();
    return {onnx_classifier(model, task, options), std::move(texts)};
  }
  if (task.name != "series") return {onnx_graph(model, task, options), std::move(texts)};
  const auto read = SeriesSchema::from_json(schema);
  const auto quantiles = series_quantiles(settings);
  texts["columns"] = onnx_columns(read, quantiles).dump();
  return {onnx_series(model, task, read, quantiles, options), std::move(texts)};
}

}  // namespace carousel::cli
