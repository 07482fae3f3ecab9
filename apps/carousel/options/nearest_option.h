// What was probably meant by an option that is not there.
#pragma once

#include <string>
#include <vector>

#include "options/option.h"

namespace carousel::cli {

/// The options like that name as a question, "; did you mean '--hidden'?", or "". Those that it abbreviates
/// go before one that it is a slip of, and this before those that share whole words with it ("batch-size",
/// "norm"); where it could be more than four, none is named. `prefix` is "--" or "".
std::string nearest_option(const std::vector<Option>& options, const std::string& name,
                           const std::string& prefix);

}  // namespace carousel::cli
