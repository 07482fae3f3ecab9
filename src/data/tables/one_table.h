// Several tables as one.
#pragma once

#include <string>
#include <vector>

#include "carousel/data/table.h"

namespace carousel {

/// A column of categories, the text of each row in turn.
Column category_column(std::string name, std::int64_t rows, std::string text);

/// A column as texts: those of Column::text.
Column as_category(Column column);

/// Puts the rows of `next` below those of `all`. The columns may stand in any order. Throws Error, naming both files, where a column
/// is only in one of them or holds something else.
void append(Table& all, Table next);

}  // namespace carousel
