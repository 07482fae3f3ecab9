// The Python that belongs to the program.
#pragma once

#include <string>

namespace carousel::cli {

/// The one that was asked for; else CAROUSEL_PYTHON, the Python whose torch the program was built with, the project's own
/// environment, or python3.
std::string choose_python(const std::string& asked);

}  // namespace carousel::cli
