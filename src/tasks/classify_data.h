// A table of texts as classify learns from it: read, split, fitted and in tokens. No tensors.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "carousel/data/table.h"
#include "carousel/tasks/settings.h"
#include "carousel/tasks/task_registry.h"
#include "carousel/train/task_facts.h"

#include "tasks/classify_schema.h"

namespace carousel {

struct ClassifyData {
  Table table;  ///< without its columns: where its rows come from
  ClassifySchema schema;
  std::vector<std::vector<std::int32_t>> texts;   ///< tokens of each different text, at least one
  std::vector<std::size_t> text_of_row;           ///< a place in `texts` for each row of the table
  std::vector<std::int64_t> class_of_row;         ///< -1 where it is not known
  std::array<std::vector<std::int64_t>, 3> rows;  ///< of the table, of each split
  std::vector<std::string> notes;

  const std::vector<std::int64_t>& of(Split split) const { return rows[static_cast<std::size_t>(split)]; }
};

/// Throws Error for whatever of a table or a setting is wrong.
ClassifyData load_classify(const Settings& settings, const TaskContext& context);

}  // namespace carousel
