#include "carousel/data/time_series.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "carousel/data/file.h"
#include "carousel/data/text.h"
#include "carousel/error.h"

namespace carousel {
namespace {

/// A line with its place, for messages.
struct Line {
  std::string_view text;
  std::size_t number;
  std::string_view source;

  Error error(const std::string& rest) const { return line_error(number, source, rest); }
};

struct Header {
  std::optional<int> channels, length;  // nothing: whatever the first case has
  std::optional<bool> equal_length;     // nothing: a claim if there is a @seriesLength
  std::vector<std::string> labels;
};

std::string lower(std::string_view text) {
  std::string result(text);
  for (auto& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

bool flag(const Line& line, const std::vector<std::string_view>& words) {
  const auto value = words.size() > 1 ? lower(words[1]) : "";
  if (value != "true" && value != "false") {
    throw line.error(fmt::format("has {} where {} takes true or false", shown(value), shown(words[0])));
  }
  return value == "true";
}

int count(const Line& line, const std::vector<std::string_view>& words) {
  const auto text = words.size() > 1 ? words[1] : "";
  const auto value = parse_number<int>(text);
  if (!value || *value < 1) {
    throw line.error(
        fmt::format("has {} where {} takes a whole number from 1", shown(text), shown(words[0])));
  }
  return *value;
}

std::vector<std::string> class_labels(const Line& line, const std::vector<std::string_view>& words) {
  if (!flag(line, words))
    throw line.error("says that the cases have no class; give a file for classification");
  const std::vector<std::string> labels(words.begin() + 2, words.end());
  if (labels.empty()) throw line.error("lists no class; write '@classLabel true' and then the labels");
  for (auto label = labels.begin(); label != labels.end(); ++label) {
    if (std::find(labels.begin(), label, *label) != label) {
      throw line.error(fmt::format("lists the label {} twice; list it once", shown(*label)));
    }
  }
  return labels;
}

void set_channels(Header& header, const Line& line, int channels) {
  if (header.channels && *header.channels != channels) {
    throw line.error(fmt::format(
        "asks for {} channels where an earlier line asks for {}; make @univariate and @dimensions agree",
        channels, *header.channels));
  }
  header.channels = channels;
}

void read_key(Header& header, const Line& line) {
  const auto words = split_words(line.text);
  const auto key = lower(words[0]);
  if (key == "@timestamps" && flag(line, words)) {
    throw line.error(
        "says that values have time stamps, which are not read; give a file with '@timeStamps false'");
  }
  if (key == "@univariate" && flag(line, words)) set_channels(header, line, 1);
  if (key == "@dimensions" || key == "@dimension") set_channels(header, line, count(line, words));
  if (key == "@equallength") header.equal_length = flag(line, words);
  if (key == "@serieslength") header.length = count(line, words);
  if (key == "@classlabel") header.labels = class_labels(line, words);
}

double read_value(const Line& line, std::string_view text, std::size_t channel) {
  text = trim(text);
  if (text == "?" || lower(text) == "nan") {
    throw line.error(fmt::format("has a missing value {} in channel {}; fill it in or drop the case",
                                 shown(text), channel + 1));
  }
  const auto value = parse_number<double>(text);
  if (!value || !(std::abs(*value) <= std::numeric_limits<float>::max())) {
    throw line.error(fmt::format("has {} in channel {} where a finite number is expected; correct it",
                                 shown(text), channel + 1));
  }
  return *value;
}

int label_of(const Line& line, std::string_view text, const std::vector<std::string>& labels) {
  const auto found = std::find(labels.begin(), labels.end(), trim(text));
  if (found == labels.end()) {
    throw line.error(
        fmt::format("has the label {}, which is not among the {} of @classLabel; add it there or correct it",
                    shown(trim(text)), labels.size()));
  }
  return static_cast<int>(found - labels.begin());
}

void check_length(Header& header, const Line& line, int length) {
  if (!header.equal_length.value_or(header.length.has_value())) return;
  if (!header.length) header.length = length;
  if (*header.length != length) {
    throw line.error(
        fmt::format("has {} steps where the header and the cases before ask for {}; correct it or write "
                    "'@equalLength false'",
                    length, *header.length));
  }
}

Series read_case(Header& header, const Line& line) {
  auto parts = split(line.text, ':');
  const int label = label_of(line, parts.back(), header.labels);
  parts.pop_back();
  const auto channels = parts.size();
  if (!header.channels && channels > 0) header.channels = static_cast<int>(channels);
  if (channels == 0 || static_cast<int>(channels) != *header.channels) {
    throw line.error(
        fmt::format("has {} channels before its label where {} are expected; correct it or @dimensions",
                    channels, header.channels.value_or(1)));
  }
  const auto length = split(parts[0], ',').size();
  std::vector<double> values(length * channels);
  for (std::size_t c = 0; c < channels; ++c) {
    const auto column = split(parts[c], ',');
    if (column.size() != length) {
      throw line.error(fmt::format(
          "has {} values in channel {} but {} in channel 1; give every channel of a case the same length",
          column.size(), c + 1, length));
    }
    for (std::size_t t = 0; t < length; ++t) values[t * channels + c] = read_value(line, column[t], c);
  }
  check_length(header, line, static_cast<int>(length));
  return {std::move(values), label, static_cast<int>(length)};
}

}  // namespace

LabelledSeries parse_time_series(std::string_view text, std::string_view source) {
  Header header;
  std::vector<Series> cases;
  bool in_data = false;
  std::size_t number = 0;
  for (const auto raw : split_lines(text)) {
    const Line line{trim(raw), ++number, source};
    if (line.text.empty() || line.text[0] == '#') continue;
    if (in_data) {
      cases.push_back(read_case(header, line));
    } else if (lower(line.text) == "@data") {
      if (header.labels.empty())
        throw line.error("starts the data before a line '@classLabel true ...'; add one");
      in_data = true;
    } else if (line.text[0] == '@') {
      read_key(header, line);
    } else {
      throw line.error(fmt::format(
          "has {} before '@data'; give a .ts file, whose header lines start with '@'", shown(line.text)));
    }
  }
  if (cases.empty()) {
    throw Error(fmt::format("{} holds no case after {} lines{}; fetch it again", source, number,
                            in_data ? "" : ", nor a line '@data'"));
  }
  return {*header.channels, std::move(header.labels), std::move(cases)};
}

LabelledSeries read_time_series(const std::filesystem::path& path) {
  return parse_time_series(read_text(path), source_name(path));
}

}  // namespace carousel
