// Names that a file brings, in messages.
#pragma once

#include <string>
#include <string_view>

namespace carousel {

/// A text from a file, fit for a message: in quotes, control and foreign characters escaped, cut when long.
std::string in_quotes(std::string_view text);

}  // namespace carousel
