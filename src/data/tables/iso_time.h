// Times as ISO 8601 writes them, which are recognised in a column without being told.
#pragma once

#include <optional>
#include <string_view>

namespace carousel {

/// Seconds since 1970-01-01 of "2016-07-01", "2016-07-01 00:00", "2016-07-01T00:00:00.5Z", "2016-07-01 00:00:00+02:00"; nothing for
/// any other text, or a day that the calendar lacks. A time without a zone is taken as UTC.
std::optional<double> iso_time(std::string_view text);

}  // namespace carousel
