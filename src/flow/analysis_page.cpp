#include "carousel/flow/analysis_page.h"

#include <algorithm>

#include <fmt/format.h>

#include "analysis_figures.h"

namespace carousel {
namespace {

/// Characters on the screen: bytes that begin a UTF-8 character.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::string space(width - std::min(width, width_of(text)), ' ');
  return right ? space + text : text + space;
}

/// Lines of cells, numbers to the right, the first column (and bars, the last) to the left.
std::string table_text(const std::vector<Cells>& lines) {
  std::vector<std::size_t> widths;
  for (const Cells& line : lines) {
    widths.resize(std::max(widths.size(), line.size()));
    for (std::size_t c = 0; c < line.size(); ++c) widths[c] = std::max(widths[c], width_of(line[c]));
  }
  std::string text;
  for (const Cells& line : lines) {
    std::string shown = " ";
    for (std::size_t c = 0; c < line.size(); ++c)
      shown += (c < 2 ? " " : "  ") + padded(line[c], widths[c], c >= 2);
    text += shown.substr(0, shown.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string figure_text(const AnalysisFigure& figure, const AnalysisPair& pair) {
  const auto rows_of = [&](const std::optional<Analysis>& analysis) {
    return analysis ? figure.rows(*analysis) : std::vector<FigureRow>{};
  };
  const auto trained = rows_of(pair.trained), initial = rows_of(pair.initial);
  const auto& first = trained.empty() ? initial : trained;
  if (first.empty()) return "";
  std::vector<Cells> lines{{"", ""}};
  lines.front().insert(lines.front().end(), figure.columns.begin(), figure.columns.end());
  const auto add = [&](const std::string& label, const char* which, const FigureRow& row) {
    lines.push_back({label, which});
    lines.back().insert(lines.back().end(), row.cells.begin(), row.cells.end());
  };
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (i < trained.size()) add(first[i].label, initial.empty() ? "" : "trained", trained[i]);
    if (i < initial.size())
      add(trained.empty() ? first[i].label : "", trained.empty() ? "" : "start", initial[i]);
  }
  return fmt::format("\n{}\n{}  {}\n", figure.title, table_text(lines), figure.reading);
}

}  // namespace

std::string analysis_page(const std::string& title, const AnalysisPair& pair) {
  std::string page = title + "\n";
  for (const AnalysisFigure& figure : analysis_figures()) page += figure_text(figure, pair);
  const auto& any = pair.trained ? pair.trained : pair.initial;
  if (any && !any->notes.empty()) page += "\n";
  if (any) {
    for (const std::string& note : any->notes) page += fmt::format("note: {}\n", note);
  }
  return page;
}

}  // namespace carousel
