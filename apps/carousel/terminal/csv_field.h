// Tables as comma-separated text.
#pragma once

#include <string>

namespace carousel::cli {

/// A field of CSV: in quotes where it must be (RFC 4180).
std::string csv_field(const std::string& text);

}  // namespace carousel::cli
