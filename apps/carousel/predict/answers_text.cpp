#include "predict/answers_text.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "carousel/text.h"

#include "terminal/csv_field.h"

namespace carousel::cli {
namespace {

std::string number_field(double value) {
  return std::isnan(value) ? std::string() : fmt::format("{}", value);
}

std::string value_field(const Answers& answers, double value) {
  if (answers.classes.empty() || std::isnan(value)) return number_field(value);
  return csv_field(answers.classes.at(static_cast<std::size_t>(value)));
}

std::vector<std::string> more_names(const Answers& answers) {
  std::vector<std::string> names;
  for (const double q : answers.quantiles) names.push_back(fmt::format("q{}", q));
  for (const auto& name : answers.classes) names.push_back(fmt::format("p_{}", name));
  return names;
}

bool is_forecast(const Answers& answers) {
  return !answers.rows.empty() && answers.rows.front().horizon > 0;
}

std::string header_line(const Answers& answers, const AnswerColumns& columns) {
  std::vector<std::string> names{columns.time.empty() ? "row" : columns.time};
  names.insert(names.end(), columns.group.begin(), columns.group.end());
  if (is_forecast(answers)) {
    if (!columns.time.empty()) names.emplace_back("from");
    names.emplace_back("horizon");
  }
  for (const auto& target : answers.targets) {
    const std::string suffix = answers.targets.size() > 1 ? "_" + target : "";
    if (columns.truth) names.push_back("truth" + suffix);
    names.push_back("prediction" + suffix);
    for (const auto& more : more_names(answers)) names.push_back(more + suffix);
  }
  std::ranges::transform(names, names.begin(), csv_field);
  return join(names, ",") + '\n';
}

}  // namespace

std::string answers_csv(const Answers& answers, const Table& table, const AnswerColumns& columns,
                        bool header) {
  std::string text = header ? header_line(answers, columns) : std::string();
  const std::size_t width = answers.width(), count = answers.targets.size();
  for (std::size_t i = 0; i < answers.rows.size(); i += count) {
    const Answer& first = answers.rows[i];
    text += columns.time.empty() ? fmt::format("{}", first.row + 1) : format_time(first.time, columns.unit);
    for (const auto& name : columns.group) text += ',' + csv_field(table.column(name, "").text(first.row));
    if (first.horizon > 0) {
      if (!columns.time.empty()) text += ',' + format_time(first.from, columns.unit);
      text += fmt::format(",{}", first.horizon);
    }
    for (std::size_t k = 0; k < count; ++k) {
      const Answer& answer = answers.rows[i + k];
      if (columns.truth) text += ',' + value_field(answers, answer.truth);
      text += ',' + value_field(answers, answer.answer);
      for (std::size_t m = 0; m < width; ++m) text += ',' + number_field(answers.more[(i + k) * width + m]);
    }
    text += '\n';
  }
  return text;
}

std::string follow_header(const Answers& shape, std::int64_t horizon, const AnswerColumns& columns) {
  std::vector<std::string> names;
  if (!columns.time.empty()) names.push_back(columns.time);
  names.insert(names.end(), columns.group.begin(), columns.group.end());
  for (std::int64_t h = 1; h <= std::max<std::int64_t>(1, horizon); ++h) {
    for (const auto& target : shape.targets) {
      std::string suffix = horizon > 1 ? fmt::format("_{}", h) : std::string();
      if (shape.targets.size() > 1) suffix = "_" + target + suffix;
      names.push_back("prediction" + suffix);
      for (const auto& more : more_names(shape)) names.push_back(more + suffix);
    }
  }
  std::ranges::transform(names, names.begin(), csv_field);
  return join(names, ",") + '\n';
}

std::string follow_line(const Answers& answers, const Table& row, double time, std::size_t values,
                        const AnswerColumns& columns) {
  std::vector<std::string> fields;
  if (!columns.time.empty()) fields.push_back(format_time(time, columns.unit));
  for (const auto& name : columns.group) fields.push_back(csv_field(row.column(name, "").text(0)));
  const std::size_t width = answers.width();
  for (std::size_t i = 0; i < answers.rows.size(); ++i) {
    fields.push_back(value_field(answers, answers.rows[i].answer));
    for (std::size_t m = 0; m < width; ++m) fields.push_back(number_field(answers.more[i * width + m]));
  }
  if (answers.rows.empty()) fields.resize(fields.size() + values);
  return join(fields, ",") + '\n';
}

}  // namespace carousel::cli
