#include "tasks/classify_data.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <unordered_map>

#include <fmt/format.h>

#include "carousel/data/series_frame.h"
#include "carousel/data/series_split.h"
#include "carousel/data/table_file.h"
#include "carousel/data/text.h"
#include "carousel/error.h"
#include "carousel/text.h"

#include "tasks/table_reading.h"

namespace carousel {
namespace {

/// Rows that are split one by one: each is a group of its own.
SeriesOrder one_by_one(std::vector<std::int64_t> rows) {
  SeriesOrder order{.rows = std::move(rows)};
  order.groups.resize(order.rows.size() + 1);
  std::iota(order.groups.begin(), order.groups.end(), 0);
  return order;
}

class TextLoader {
 public:
  TextLoader(const Settings& settings, const TaskContext& context) : settings_(settings), context_(context) {
    if (!context.memory.schema.empty())
      schema_ = ClassifySchema::from_json(parse_schema(context.memory.schema));
    text_name_ = column_name("text", "texts", schema_ ? schema_->text : "");
    label_name_ = column_name("label", "classes", schema_ ? schema_->label : "");
    if (text_name_ == label_name_)
      throw Error(
          fmt::format("--text and --label both name {}: a text is no label of its own", shown(text_name_)));
  }

  ClassifyData load() {
    const TableParts read = read_table_parts(settings_, format(), context_, "classify");
    table_ = &read.table;
    text_ = &read.table.column(text_name_, "--text names");
    if (!context_.answer_every || read.table.has(label_name_))
      label_ = &read.table.column(label_name_, "--label names");
    if (context_.answer_every) {
      rows_[2].resize(static_cast<std::size_t>(read.table.rows()));
      std::iota(rows_[2].begin(), rows_[2].end(), 0);
    } else {
      split(read);
    }
    if (!schema_) schema_ = fitted();
    ClassifyData data{.table = without_columns(read.table),
                      .schema = *schema_,
                      .texts = {},
                      .text_of_row = {},
                      .class_of_row = classes_of_rows(),
                      .rows = rows_,
                      .notes = {}};
    if (!context_.answer_every) note_rows(read.by_files, data);
    encode(data);
    return data;
  }

 private:
  std::string column_name(const char* setting, const char* holds, const std::string& known) const {
    const auto& asked = settings_.text(setting);
    if (!asked.empty()) return asked;
    if (known.empty())
      throw Error(fmt::format("classify needs the column of the {}: give --{} NAME", holds, setting));
    return known;
  }

  /// Stars from 1 to 5 are classes, and digits may be a text.
  TableFormat format() const {
    TableFormat format = table_format(settings_);
    format.kinds[text_name_] = format.kinds[label_name_] = ColumnKind::category;
    if (context_.answer_every) return format;  // the label may be missing
    format.only = {text_name_, label_name_};
    const auto& split = settings_.text("split");
    if (split.starts_with("column:")) format.only.push_back(split.substr(7));
    return format;
  }

  bool has_label(std::int64_t row) const {
    return label_ != nullptr && !std::isnan(label_->values[static_cast<std::size_t>(row)]);
  }
  std::size_t label_place(std::int64_t row) const {
    return static_cast<std::size_t>(label_->values[static_cast<std::size_t>(row)]);
  }

  /// Rows without a label are of no part.
  void split(const TableParts& read) {
    std::vector<std::int64_t> labelled;
    for (std::int64_t row = 0; row < read.table.rows(); ++row) {
      if (has_label(row)) labelled.push_back(row);
    }
    if (labelled.empty())
      throw Error(fmt::format("the label '{}' of {} is missing in every row: name another column by --label",
                              visible(label_name_), read.table.source()));
    const auto part =
        read.by_files ? parts_of_files(labelled, read.ends) : drawn(labelled, settings_.text("split"));
    for (std::size_t i = 0; i < labelled.size(); ++i) {
      if (part[i] >= 0) rows_[static_cast<std::size_t>(part[i])].push_back(labelled[i]);
    }
    for (std::size_t p = 0; p < 2; ++p) {
      if (!rows_[p].empty() || (p == 0 && context_.measured)) continue;
      throw Error(fmt::format("the {} part of {} has no row with a label: give more rows, or another --split",
                              p == 0 ? "training" : "validation", read.table.source()));
    }
  }

  std::vector<std::int8_t> drawn(const std::vector<std::int64_t>& rows, const std::string& split) const {
    std::vector<std::int64_t> classes;
    for (const auto row : rows) classes.push_back(static_cast<std::int64_t>(label_place(row)));
    return split_rows(*table_, one_by_one(rows), split, true, classes, SplitOf::rows);
  }

  /// Where there is no file to validate on, a part of --data is drawn for it; test rows have no say in that.
  std::vector<std::int8_t> parts_of_files(const std::vector<std::int64_t>& rows,
                                          const std::array<std::int64_t, 2>& ends) const {
    auto part = split_by_files(one_by_one(rows), ends);
    if (ends[0] != ends[1]) return part;
    const auto own = std::ranges::lower_bound(rows, ends[0]) - rows.begin();
    std::ranges::copy(drawn({rows.begin(), rows.begin() + own}, "0.85,0.15,0"), part.begin());
    return part;
  }

  ClassifySchema fitted() const {
    std::vector<std::string_view> texts, labels;
    for (const auto row : rows_[0]) {
      texts.push_back(text_at(row));
      labels.push_back(label_->categories[label_place(row)]);
    }
    return ClassifySchema::fit(text_name_, label_name_, texts, labels,
                               {.unit = parse_text_unit(settings_.text("unit")),
                                .largest = settings_.integer("vocabulary"),
                                .min_count = settings_.integer("min-count")});
  }

  std::string_view text_at(std::int64_t row) const {
    const double place = text_->values[static_cast<std::size_t>(row)];
    return std::isnan(place) ? std::string_view() : text_->categories[static_cast<std::size_t>(place)];
  }

  /// Throws for a class that training did not have: no answer could be right. A table that is answered may have any.
  std::vector<std::int64_t> classes_of_rows() const {
    std::unordered_map<std::string_view, std::int64_t> places;
    for (const auto& name : schema_->classes) places.emplace(name, std::ssize(places));
    std::vector<std::int64_t> classes(text_->values.size(), -1);
    for (const auto& rows : rows_) {
      for (const auto row : rows) {
        if (!has_label(row)) continue;
        const auto& name = label_->categories[label_place(row)];
        const auto found = places.find(name);
        if (found != places.end()) {
          classes[static_cast<std::size_t>(row)] = found->second;
        } else if (!context_.answer_every) {
          throw Error(fmt::format(
              "{} has {} in the label '{}', a class that the training rows do not have (they have {}): "
              "leave such rows out, or split so that every class is trained on",
              table_->place(row), shown(name), visible(label_name_), schema_->class_list()));
        }
      }
    }
    return classes;
  }

  /// The different texts, and at the end that of rows without one.
  void encode(ClassifyData& data) const {
    const std::int64_t longest = settings_.integer("longest");
    const auto at_most =
        static_cast<std::size_t>(longest > 0 ? longest : std::numeric_limits<std::int64_t>::max());
    std::vector<std::size_t> full;
    for (const auto& text : text_->categories) {
      auto tokens = schema_->vocabulary.encode(text);
      full.push_back(tokens.size());
      if (tokens.empty()) tokens.push_back(Vocabulary::unknown);
      if (tokens.size() > at_most) tokens.resize(at_most), tokens.shrink_to_fit();
      data.texts.push_back(std::move(tokens));
    }
    full.push_back(0);
    data.texts.push_back({Vocabulary::unknown});
    for (const double place : text_->values)
      data.text_of_row.push_back(std::isnan(place) ? data.texts.size() - 1 : static_cast<std::size_t>(place));
    note_texts(full, at_most, data);
  }

  void note_texts(const std::vector<std::size_t>& full, std::size_t at_most, ClassifyData& data) const {
    std::int64_t cut = 0, empty = 0, all = 0;
    for (const auto& rows : rows_) {
      for (const auto row : rows) {
        const auto length = full[data.text_of_row[static_cast<std::size_t>(row)]];
        cut += length > at_most ? 1 : 0;
        empty += length == 0 ? 1 : 0;
        ++all;
      }
    }
    const auto& unit = text_unit_names().at(static_cast<std::size_t>(schema_->vocabulary.unit()));
    if (cut > 0)
      data.notes.push_back(fmt::format("{} of {} texts are longer than {} {} and end there (--longest)", cut,
                                       all, at_most, unit));
    if (empty > 0)
      data.notes.push_back(
          fmt::format("{} of {} texts have no {}: each is read as one unknown token", empty, all, unit));
  }

  void note_rows(bool by_files, ClassifyData& data) const {
    const auto& vocabulary = schema_->vocabulary;
    data.notes.push_back(fmt::format(
        "{} of {}: {} classes ({}), from {} {} that the training part has (--unit, --vocabulary)",
        visible(label_name_), visible(text_name_), schema_->classes.size(), schema_->class_list(),
        vocabulary.size() - 1, text_unit_names().at(static_cast<std::size_t>(vocabulary.unit()))));
    data.notes.push_back(fmt::format("train {}, valid {}, test {} texts; split {}", rows_[0].size(),
                                     rows_[1].size(), rows_[2].size(),
                                     by_files ? "by files" : "by --split " + settings_.text("split")));
    std::int64_t without = 0;
    for (std::int64_t row = 0; row < table_->rows(); ++row) without += has_label(row) ? 0 : 1;
    if (without > 0)
      data.notes.push_back(fmt::format("{} of {} rows have no {}: they are left out", without, table_->rows(),
                                       visible(label_name_)));
  }

  const Settings& settings_;
  const TaskContext& context_;
  std::optional<ClassifySchema> schema_;
  std::string text_name_, label_name_;
  const Table* table_ = nullptr;
  const Column* text_ = nullptr;
  const Column* label_ = nullptr;  // null where a table that is answered has none
  std::array<std::vector<std::int64_t>, 3> rows_;
};

}  // namespace

ClassifyData load_classify(const Settings& settings, const TaskContext& context) {
  return TextLoader(settings, context).load();
}

}  // namespace carousel
