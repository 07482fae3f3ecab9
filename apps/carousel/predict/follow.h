// Answering lines as they come.
#pragma once

#include <istream>

#include "carousel/tasks/settings.h"
#include "carousel/train/model.h"

namespace carousel::cli {

/// Reads a header and then lines from `lines`, and prints a header and one line for each, flushed. Ends with the input, or
/// when nobody reads any more. Throws Error, with the line, for what does not fit; what was answered before stands.
void follow(std::istream& lines, const std::string& schema, const Settings& settings, Model& model,
            bool keeps_state);

}  // namespace carousel::cli
