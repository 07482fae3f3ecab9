// Running a model over a table.
#pragma once

#include "carousel/data/answers.h"
#include "carousel/tasks/table_task.h"
#include "carousel/train/model.h"

#include "predict/answers_text.h"
#include "runs/saved_run.h"

namespace carousel::cli {

/// What the model answers to a split, or to its first batches when at_most is above 0.
Answers answers_to(const TableTask& task, Model& model, Split split, std::int64_t at_most = 0);

/// Throws NonFiniteError, with the row, for an answer that is no number.
void require_finite(const Answers& answers, const Table& table);

/// The task as one over tables. Throws Error, which names the command, when it is none.
const TableTask& as_table_task(const Task& task, const std::string& command);

/// How the answers of a run are written, by its schema.json.
AnswerColumns answer_columns(const std::string& schema, const Answers& answers);

}  // namespace carousel::cli
