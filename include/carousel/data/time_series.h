// The .ts format of the UCR/UEA archive: labelled series of one or more channels, each of its own length.
//
//   # a comment
//   @univariate false            header: key and value, the key in any case
//   @dimensions 2
//   @equalLength false
//   @classLabel true yes no
//   @data                        then a line a case: channel:channel:...:label, the values of a channel by commas
//   0.1,0.2,0.3:1,2,3:yes
// Source: "ts File Format", the documentation of sktime and of aeon.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace carousel {

struct Series {
  std::vector<double> values;  // [length, channels], time-major; as read, for an offset must not swallow them
  int label = 0;               // place in LabelledSeries::labels
  int length = 0;
};

struct LabelledSeries {
  int channels = 0;
  std::vector<std::string> labels;  // as the header lists them
  std::vector<Series> cases;        // in file order
};

/// The series of a .ts text. Keys that say nothing about the values (@problemName, ...) are passed over.
/// Throws Error with the line if the header lacks @classLabel or @data or asks for time stamps; if a case has
/// a channel too many or too few, channels of different lengths, a length the header excludes, a label the
/// header does not list, a missing value ('?' or NaN) or a value that is not a finite number within a float's range.
LabelledSeries parse_time_series(std::string_view text, std::string_view source);

/// The series of a .ts file. Throws as read_text and parse_time_series.
LabelledSeries read_time_series(const std::filesystem::path& path);

}  // namespace carousel
