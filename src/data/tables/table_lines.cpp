#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "carousel/data/file.h"
#include "carousel/data/table_file.h"
#include "carousel/data/text.h"
#include "carousel/error.h"

#include "data/tables/columns.h"
#include "data/tables/fields.h"
#include "data/tables/text_column.h"

namespace carousel {
namespace {

/// Nothing when a quote does not end.
std::optional<std::vector<std::string>> fields_of(std::string_view line, char separator) {
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  return separator == ' ' ? split_row(with_single_spaces(line), separator) : split_row(line, separator);
}

}  // namespace

TableLines::TableLines(const std::string& header, const TableFormat& format, std::string source)
    : format_(format), source_(std::move(source)), separator_(separator_of(format, header)) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  const auto line =
      std::string_view(header).substr(header.starts_with(byte_order_mark) ? byte_order_mark.size() : 0);
  auto names = fields_of(line, separator_);
  if (!names) throw line_error(1, source_name(source_), open_quote);
  for (auto& name : *names) name = trim(name);
  TableFormat needed{.only = {}};
  for (const auto& [name, kind] : format_.kinds) needed.only.push_back(name);
  wanted_columns(*names, needed, source_name(source_), "line 1 of ");
  for (const auto& name : needed.only) {
    const auto found = std::ranges::find(*names, name);
    if (found == names->end())
      throw no_such_column("the model reads column", name, *names, source_name(source_));
    places_.push_back(found - names->begin());
  }
  fields_ = static_cast<std::int64_t>(names->size());
}

Table TableLines::read(const std::string& line, std::int64_t number) const {
  const auto wrong = [&](std::string_view rest) {
    return line_error(static_cast<std::size_t>(number), source_name(source_), rest);
  };
  const auto fields = fields_of(line, separator_);
  if (!fields) throw wrong(open_quote);
  if (static_cast<std::int64_t>(fields->size()) != fields_)
    throw wrong(wrong_field_count(static_cast<std::int64_t>(fields->size()), fields_, 1, separator_));
  TextRules rules(format_, separator_);
  Table table{.parts = {{.source = source_, .first_line = number}}};
  auto place = places_.begin();
  for (const auto& [name, kind] : format_.kinds) {
    const auto& text = (*fields)[static_cast<std::size_t>(*place++)];
    if (const auto at = end_of_utf8(text); at != text.npos)
      throw wrong(no_utf8(std::string_view(text).substr(at)));
    TextColumn column(name, kind);
    if (!column.add(text, rules)) throw wrong(column.fault(text, rules));
    table.columns.push_back(column.finish());
  }
  return table;
}

}  // namespace carousel
