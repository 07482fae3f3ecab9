#include "exchange/misfit.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "carousel/data/series_schema.h"
#include "carousel/tasks/table_task.h"
#include "carousel/text.h"

namespace carousel::cli {
namespace {

std::string misfit_of_sizes(const FoundModel& model, const TaskFacts& task) {
  if (model.tokens > 0 && !task.tokens) {
    return fmt::format("the model embeds {} tokens, and the input of {} is {} numbers a step", model.tokens,
                       task.name, task.input_size);
  }
  if (model.tokens > 0 && model.tokens != task.input_size) {
    return fmt::format("the model embeds {} tokens, and {} has {}", model.tokens, task.name, task.input_size);
  }
  if (model.tokens == 0 && model.input_size != task.input_size) {
    return fmt::format("the model has {} inputs a step, and {} has {}", model.input_size, task.name,
                       task.input_size);
  }
  if (model.outputs > 0 && model.outputs != task.output_size) {
    return fmt::format("the model has {} outputs, and {} wants {}", model.outputs, task.name,
                       task.output_size);
  }
  return "";
}

std::string first_of(std::vector<std::string> names) {
  constexpr std::size_t most = 8;
  if (names.size() > most) names.resize(most), names.emplace_back("...");
  return join(names);
}

std::string listed_classes(const SeriesSchema& schema) {
  return first_of(schema.targets.front().categories);
}

std::string counted(std::int64_t count, const std::string& what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string names_of(const std::vector<SchemaColumn>& columns) {
  std::vector<std::string> names;
  for (const auto& column : columns) names.push_back(column.name);
  return first_of(std::move(names));
}

/// "24 outputs, for 24 rows of y".
std::string wanted_outputs(const SeriesSchema& schema, std::int64_t outputs) {
  std::string text = counted(outputs, "output");
  if (schema.is_classification())
    return text + fmt::format(", for the classes {} of {}", listed_classes(schema), names_of(schema.targets));
  if (schema.predict == PredictKind::forecast)
    return text + fmt::format(", for {} of {}", counted(schema.horizon, "row"), names_of(schema.targets));
  return text + ", for " + names_of(schema.targets);
}

std::string advice(const FoundModel& model, const TaskFacts& task, const SeriesSchema& schema) {
  std::vector<std::string> parts;
  if (model.tokens > 0 || model.input_size != task.input_size)
    parts.emplace_back("name the columns that it reads by --inputs");
  if (model.outputs > 0 && model.outputs != task.output_size) {
    if (schema.is_classification() && model.outputs == 1 && task.output_size == 2)
      parts.emplace_back("give --loss binary");
    else
      parts.emplace_back(schema.predict == PredictKind::forecast
                             ? "say what it answers by --target and --horizon"
                             : "say what it answers by --target");
  }
  return join(parts, " and ");
}

std::string misfit_of_table(const FoundModel& model, const TaskFacts& task, const SeriesSchema& schema,
                            const std::string& table) {
  const bool reads = model.tokens == 0 && model.input_size == task.input_size;
  if (reads && (model.outputs == 0 || model.outputs == task.output_size)) return "";
  const std::string read = model.tokens > 0 ? fmt::format("embeds {} tokens", model.tokens)
                                            : "reads " + counted(model.input_size, "number") + " a step";
  const std::string answers =
      model.outputs > 0 ? " and has " + counted(model.outputs, "output") : std::string();
  return fmt::format("the model {}{}, while {} gives {} a step ({}) and wants {}: {}", read, answers, table,
                     counted(task.input_size, "number"), names_of(schema.inputs),
                     wanted_outputs(schema, task.output_size), advice(model, task, schema));
}

std::optional<SeriesSchema> schema_of(const Task& task) {
  const auto json = nlohmann::json::parse(task.schema(), nullptr, false);
  if (!json.is_object() || !json.contains("inputs")) return {};
  return SeriesSchema::from_json(json);
}

}  // namespace

std::string misfit(const FoundModel& model, const Task& task) {
  const auto* tables = dynamic_cast<const TableTask*>(&task);
  const auto schema = schema_of(task);
  if (tables == nullptr || !schema) return misfit_of_sizes(model, task.facts());
  return misfit_of_table(model, task.facts(), *schema, tables->table().source());
}

std::vector<std::string> assumptions(const Task& task) {
  const auto schema = schema_of(task);
  if (!schema) return {};
  std::vector<std::string> notes;
  const auto is_scaled = [](const SchemaColumn& column) { return column.scaling != Scaling{}; };
  if (std::ranges::any_of(schema->inputs, is_scaled) || std::ranges::any_of(schema->targets, is_scaled)) {
    notes.emplace_back(
        "numbers are scaled as --scaling says, fitted on the training part of this table: give --scaling "
        "none for a model that reads them as they are, and otherwise the --split that it was trained with");
  }
  if (schema->is_classification())
    notes.push_back(
        fmt::format("outputs are taken to be the classes in this order: {}", listed_classes(*schema)));
  return notes;
}

}  // namespace carousel::cli
