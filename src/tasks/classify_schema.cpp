#include "tasks/classify_schema.h"

#include <algorithm>
#include <exception>
#include <map>

#include <fmt/format.h>

#include "carousel/data/text.h"
#include "carousel/error.h"
#include "carousel/text.h"

namespace carousel {
namespace {

constexpr std::size_t most_classes = 1000;

void check_classes(const ClassifySchema& schema) {
  auto sorted = schema.classes;
  std::ranges::sort(sorted);
  const bool different = std::ranges::adjacent_find(sorted) == sorted.end();
  if (!different || sorted.size() < 2) throw Error("its classes are not two or more different texts");
  const bool counted = schema.counts.size() == schema.classes.size() &&
                       std::ranges::all_of(schema.counts, [](std::int64_t count) { return count > 0; });
  if (!counted) throw Error("it has not the number of rows of each class");
  if (schema.text.empty() || schema.label.empty()) throw Error("a column has no name");
}

void check_number_of(const std::map<std::string, std::int64_t>& classes, const std::string& label) {
  if (classes.size() == 1) {
    throw Error(fmt::format("the label '{}' is {} in every training row: there is nothing to tell apart",
                            visible(label), shown(classes.begin()->first)));
  }
  if (classes.size() <= most_classes) return;
  throw Error(fmt::format(
      "the label '{}' has {} different values in the training rows: at most {} are taken as classes; "
      "name another column by --label, or predict a number by the task series",
      visible(label), classes.size(), most_classes));
}

}  // namespace

ClassifySchema ClassifySchema::fit(const std::string& text, const std::string& label,
                                   std::span<const std::string_view> texts,
                                   std::span<const std::string_view> labels,
                                   const VocabularyOptions& options) {
  std::map<std::string, std::int64_t> classes;
  for (const auto name : labels) ++classes[std::string(name)];
  check_number_of(classes, label);
  ClassifySchema schema{.text = text,
                        .label = label,
                        .vocabulary = Vocabulary::build(texts, options),
                        .classes = {},
                        .counts = {}};
  for (const auto& [name, count] : classes) {
    schema.classes.push_back(name);
    schema.counts.push_back(count);
  }
  return schema;
}

std::string ClassifySchema::class_list() const {
  constexpr std::size_t most_listed = 8;
  std::vector<std::string> listed;
  for (const auto& name : classes) {
    if (listed.size() == most_listed) break;
    listed.push_back(visible(name.substr(0, 20)));
  }
  if (listed.size() < classes.size()) listed.emplace_back("...");
  return join(listed);
}

std::size_t ClassifySchema::commonest() const {
  return static_cast<std::size_t>(std::ranges::max_element(counts) - counts.begin());
}

nlohmann::json ClassifySchema::to_json() const {
  return {{"text", text},
          {"label", label},
          {"vocabulary", vocabulary.to_json()},
          {"classes", classes},
          {"counts", counts}};
}

ClassifySchema ClassifySchema::from_json(const nlohmann::json& json) {
  try {
    ClassifySchema schema{.text = json.at("text").get<std::string>(),
                          .label = json.at("label").get<std::string>(),
                          .vocabulary = Vocabulary::from_json(json.at("vocabulary")),
                          .classes = json.at("classes").get<std::vector<std::string>>(),
                          .counts = json.at("counts").get<std::vector<std::int64_t>>()};
    check_classes(schema);
    return schema;
  } catch (const std::exception& error) {  // of the JSON, the vocabulary or the classes
    throw Error(
        fmt::format("the run's schema.json is damaged ({}): restore it or start a new run", error.what()));
  }
}

}  // namespace carousel
