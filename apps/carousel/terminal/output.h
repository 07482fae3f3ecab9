// stdout, which carries results only.
#pragma once

#include <string_view>

namespace carousel::cli {

/// Writes and flushes. Throws SystemError when stdout takes no more, as on a full disk.
void print(std::string_view text);

}  // namespace carousel::cli
