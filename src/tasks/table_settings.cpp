#include "tasks/table_settings.h"

#include "carousel/data/text.h"
#include "carousel/tasks/common_settings.h"

namespace carousel {

Setting text_setting(const char* name, std::string value, std::string help) {
  return {.name = name, .value = std::move(value), .help = std::move(help)};
}

Setting choice_setting(const char* name, std::string value, std::string help,
                       std::vector<std::string> choices) {
  return {.name = name, .value = std::move(value), .help = std::move(help), .choices = std::move(choices)};
}

Setting count_setting(const char* name, std::int64_t value, std::string help, double min, double max) {
  return {.name = name, .value = value, .help = std::move(help), .min = min, .max = max};
}

Setting flag_setting(const char* name, std::string help) {
  return {.name = name, .value = false, .help = std::move(help)};
}

Setting class_weights_setting() {
  return choice_setting("class-weights", "none",
                        "balanced: a class counts as much as every other, however rare",
                        {"none", "balanced"});
}

std::vector<std::string> listed(const std::string& text) {
  std::vector<std::string> names;
  if (text.empty()) return names;
  for (const auto part : split(text, ',')) {
    if (const auto name = trim(part); !name.empty()) names.emplace_back(name);
  }
  return names;
}

std::vector<Setting> table_settings() {
  return {
      path_setting("data",
                   "the table: a file (CSV, TSV, .gz, Parquet, Feather, .npy, .npz, .ts), several by commas, "
                   "or a folder"),
      path_setting("valid-data", "tables to validate on, in place of a part of --data"),
      path_setting("test-data", "tables to test on, in place of a part of --data"),
      text_setting("separator", "auto",
                   "between the fields of a text file: comma, semicolon, tab, bar, space, or the character"),
      choice_setting("decimal", "auto", "decimal sign of a text file: point or comma",
                     {"auto", "point", "comma"}),
      text_setting(
          "missing-text", "",
          "texts that stand for a missing value besides NA, N/A, NaN, null, None, ? and nothing, by commas"),
      text_setting("categorical", "", "columns that are categories though they hold numbers, by commas")};
}

}  // namespace carousel
