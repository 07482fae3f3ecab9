// The sections of the report on classes that a model of a table answers (tables/answer_figures.h).
#include <algorithm>
#include <numeric>

#include "report/table.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

constexpr std::size_t most_classes = 40;

std::vector<double> sums_of_rows(const std::vector<std::vector<double>>& counts) {
  std::vector<double> totals;
  for (const auto& row : counts) totals.push_back(std::accumulate(row.begin(), row.end(), 0.0));
  return totals;
}

/// The classes to draw, in their order.
std::vector<std::size_t> commonest(const std::vector<double>& totals) {
  std::vector<std::size_t> classes(totals.size());
  std::iota(classes.begin(), classes.end(), std::size_t{0});
  if (classes.size() <= most_classes) return classes;
  std::ranges::stable_sort(classes, std::greater<>(), [&](std::size_t c) { return totals[c]; });
  classes.resize(most_classes);
  std::ranges::sort(classes);
  return classes;
}

/// Shares of each truth, a column an answer; the first truth at the top, as it is read.
json confusion_chart(const std::vector<std::string>& names, const std::vector<std::vector<double>>& counts) {
  const std::vector<double> totals = sums_of_rows(counts);
  const std::vector<std::size_t> shown = commonest(totals);
  json x = axis("answer"), y = axis("truth"), columns = json::array(), written = json::array();
  for (const std::size_t c : shown) x["values"].push_back(names[c]);
  for (auto c = shown.rbegin(); c != shown.rend(); ++c) y["values"].push_back(names[*c]);
  for (const std::size_t answer : shown) {
    json shares = json::array(), numbers = json::array();
    for (auto truth = shown.rbegin(); truth != shown.rend(); ++truth) {
      shares.push_back(short_number(counts[*truth][answer] / totals[*truth]));
      numbers.push_back(counts[*truth][answer]);
    }
    columns.push_back(std::move(shares));
    written.push_back(std::move(numbers));
  }
  json value = share_axis("share of that truth");
  value.update({{"min", 0}, {"max", 1}, {"missing", "no such truth"}});
  return {
      {"kind", "heat"},
      {"title", "Confusion matrix"},
      {"how", "A row a true class, and how its examples were answered: all light on the diagonal is right."},
      {"x", std::move(x)},
      {"y", std::move(y)},
      {"value", std::move(value)},
      {"columns", std::move(columns)},
      {"counts", std::move(written)}};
}

}  // namespace

json classes_section(const json& figures) {
  if (!figures.contains("classes")) return nullptr;
  const json& of = figures["classes"];
  const auto names = of.at("classes").get<std::vector<std::string>>();
  const auto counts = of.at("confusion").get<std::vector<std::vector<double>>>();
  json notes = json::array();
  if (names.size() > most_classes)
    notes.push_back(fmt::format("Of {} classes the {} commonest are drawn.", names.size(), most_classes));
  return section(
      "Classes",
      fmt::format(
          "What the model answers on the {}, {} answers: accuracy {:.4g}, mean recall of the classes {:.4g}, "
          "mean F1 {:.4g}, mean \u2212ln p of the truth {:.4g}.",
          part_of_figures(figures), of.at("count").get<std::int64_t>(), number_of_figure(of.at("accuracy")),
          number_of_figure(of.at("balanced_accuracy")), number_of_figure(of.at("macro_f1")),
          number_of_figure(of.at("log_loss"))),
      json::array({confusion_chart(names, counts)}), std::move(notes));
}

json wrong_section(const json& figures) {
  if (!figures.contains("classes") || figures["classes"].at("wrong").empty()) return nullptr;
  const json& of = figures["classes"];
  json rows = json::array();
  for (const json& entry : of.at("wrong"))
    rows.push_back({entry.at("name"), entry.at("truth"), entry.at("answer"), entry.at("probability"),
                    entry.at("of_answer"), entry.at("surprise")});
  return {
      {"title", "Most wrong"},
      {"text",
       fmt::format("Of {} wrong answers those that gave the truth the least probability p. What is at the "
                   "top is hard, or labelled wrongly.",
                   of.at("wrong_of").get<std::int64_t>())},
      {"facts",
       {{"columns",
         {"example", "truth", "answer", "p of the truth", "p of the answer", "\u2212ln p of the truth"}},
        {"rows", std::move(rows)}}}};
}

}  // namespace carousel::cli
