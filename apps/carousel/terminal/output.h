// stdout, which carries results only.
#pragma once

#include <string_view>

namespace carousel::cli {

/// Writes and flushes. Throws SystemError when stdout takes no more, as on a full disk.
void print(std::string_view text);

/// The same for what is kept elsewhere too: a reader who closed the pipe, or a stdout
/// that was closed from the start, is no failure.
void print_if_read(std::string_view text);

}  // namespace carousel::cli
