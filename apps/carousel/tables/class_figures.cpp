#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "carousel/data/forecast_scores.h"
#include "carousel/data/text.h"
#include "carousel/text.h"

#include "page/points.h"
#include "tables/answer_figures.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

constexpr std::size_t most_wrong = 20;

/// "sequence 17", or with several rows of a group "sequence 17, row 40"; the time where there is one.
std::string name_of_answer(const Answer& answer, const GroupsOfRows& groups, const SeriesSchema& schema) {
  const auto row = static_cast<std::size_t>(answer.row);
  std::vector<std::string> parts;
  if (const auto& group = groups.names[static_cast<std::size_t>(groups.group[row])]; !group.empty())
    parts.push_back(group);
  if (schema.predict != PredictKind::sequence || parts.empty()) {
    parts.push_back(std::isnan(answer.time) ? fmt::format("row {}", groups.place[row] + 1)
                                            : format_time(answer.time, schema.unit));
  }
  return join(parts);
}

}  // namespace

GroupsOfRows groups_of_rows(const Table& table, const SeriesSchema& schema) {
  GroupsOfRows groups;
  std::vector<const Column*> columns;
  for (const auto& name : schema.group) columns.push_back(&table.column(name, "the run's groups are of"));
  std::map<std::string, std::int64_t> known;
  std::vector<std::int64_t> sizes;
  for (std::int64_t row = 0; row < table.rows(); ++row) {
    std::vector<std::string> parts;
    for (const Column* column : columns) {
      const std::string text = column->text(row);
      const bool bare = parse_number<double>(text).has_value();  // "17" says more as "sequence 17"
      parts.push_back(bare ? fmt::format("{} {}", column->name, text) : text);
    }
    const auto [found, is_new] = known.try_emplace(join(parts), static_cast<std::int64_t>(known.size()));
    if (is_new) {
      groups.names.push_back(found->first);
      sizes.push_back(0);
    }
    groups.group.push_back(found->second);
    groups.place.push_back(sizes[static_cast<std::size_t>(found->second)]++);
  }
  return groups;
}

json class_figures(const Answers& answers, const Table& table, const SeriesSchema& schema) {
  std::vector<std::int64_t> truth, answer;
  std::vector<std::pair<double, std::size_t>> wrong;
  const std::size_t width = answers.width();
  for (std::size_t i = 0; i < answers.rows.size(); ++i) {
    const Answer& row = answers.rows[i];
    truth.push_back(std::isnan(row.truth) ? missing_class : static_cast<std::int64_t>(row.truth));
    answer.push_back(static_cast<std::int64_t>(row.answer));
    if (truth.back() == missing_class || truth.back() == answer.back()) continue;
    wrong.push_back({-std::log(answers.more[i * width + static_cast<std::size_t>(truth.back())]), i});
  }
  std::ranges::stable_sort(wrong, std::greater<>(), [](const auto& entry) { return entry.first; });
  const GroupsOfRows groups = groups_of_rows(table, schema);
  json shown = json::array();
  for (const auto& [surprise, i] : wrong) {
    if (shown.size() == most_wrong) break;
    const auto at = [&](std::int64_t c) { return answers.more[i * width + static_cast<std::size_t>(c)]; };
    shown.push_back({{"name", name_of_answer(answers.rows[i], groups, schema)},
                     {"truth", answers.classes.at(static_cast<std::size_t>(truth[i]))},
                     {"answer", answers.classes.at(static_cast<std::size_t>(answer[i]))},
                     {"probability", short_number(at(truth[i]))},
                     {"of_answer", short_number(at(answer[i]))},
                     {"surprise", short_number(surprise)}});
  }
  const auto classes = static_cast<std::int64_t>(width);
  const ClassScores scores = class_scores(truth, answer, classes);
  return {{"classes", answers.classes},
          {"confusion", scores.confusion},
          {"count", scores.count},
          {"accuracy", short_number(scores.accuracy)},
          {"balanced_accuracy", short_number(scores.balanced_accuracy)},
          {"macro_f1", short_number(scores.macro_f1)},
          {"log_loss", short_number(log_loss(truth, answers.more, classes))},
          {"wrong_of", wrong.size()},
          {"wrong", std::move(shown)}};
}

}  // namespace carousel::cli
