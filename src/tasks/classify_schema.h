// What a run of classify keeps of its table, so that other texts are read in the same way.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "carousel/data/vocabulary.h"

namespace carousel {

struct ClassifySchema {
  std::string text, label;  ///< columns
  Vocabulary vocabulary;
  std::vector<std::string> classes;  ///< of the training rows, in the order of their names
  std::vector<std::int64_t> counts;  ///< training rows of each

  /// Of training rows. Throws Error for labels that are all the same or more than 1,000, and as Vocabulary::build.
  static ClassifySchema fit(const std::string& text, const std::string& label,
                            std::span<const std::string_view> texts, std::span<const std::string_view> labels,
                            const VocabularyOptions& options);

  /// The first of them, for messages: "1, 2, 3".
  std::string class_list() const;

  /// The place of the commonest class of the training rows.
  std::size_t commonest() const;

  /// {"text": "review", "label": "stars", "vocabulary": {...}, "classes": ["1", "2"], "counts": [40, 60]}
  nlohmann::json to_json() const;
  /// Throws Error ("the run's schema.json is damaged ...") for what to_json() does not write.
  static ClassifySchema from_json(const nlohmann::json& json);
};

}  // namespace carousel
