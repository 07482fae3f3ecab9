#include "terminal/live_plot.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string_view>

#include <fmt/format.h>

namespace carousel::cli {
namespace {

constexpr std::array colours{36, 33, 35, 32, 34, 31};  // cyan, yellow, magenta, green, blue, red
constexpr std::string_view marks = "0123456789abcdefghijklmnopqrstuvwxyz";
constexpr std::size_t label_width = 6;
constexpr double missing = std::numeric_limits<double>::quiet_NaN();

std::string coloured(std::size_t curve, const std::string& text) {
  return fmt::format("\x1b[{}m{}\x1b[0m", colours[curve % colours.size()], text);
}

bool has_dots(const std::vector<PlotCurve>& curves, const PlotStyle& style) {
  return style.unicode && (style.colours || curves.size() == 1);
}

struct Limits {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  bool empty() const { return low > high; }
  void add(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

Limits limits_of(const std::vector<PlotCurve>& curves) {
  Limits limits;
  for (const PlotCurve& curve : curves) {
    for (const double value : curve.values) limits.add(value);
  }
  if (limits.empty()) return limits;
  limits = {2 * std::floor(limits.low / 2), 2 * std::ceil(limits.high / 2) + 0.0};  // never "-0"
  if (limits.low == limits.high) limits.high += 2;
  return limits;
}

double mean_between(const std::vector<double>& values, std::size_t first, std::size_t end) {
  double sum = 0.0, count = 0.0;
  for (std::size_t i = first; i < end; ++i) {
    if (!std::isfinite(values[i])) continue;
    sum += values[i];
    ++count;
  }
  return count > 0 ? sum / count : missing;
}

/// The values as `count` of them: means of neighbours where there are more, straight lines between where
/// there are fewer.
std::vector<double> resampled(const std::vector<double>& values, std::size_t count) {
  std::vector<double> result(count, missing);
  const std::size_t size = values.size();
  for (std::size_t i = 0; i < count && size > 0; ++i) {
    if (size >= count) {
      result[i] = mean_between(values, i * size / count, (i + 1) * size / count);
      continue;
    }
    const double place =
        static_cast<double>(i * (size - 1)) / static_cast<double>(std::max<std::size_t>(count - 1, 1));
    const auto before = static_cast<std::size_t>(place);
    const std::size_t after = std::min(before + 1, size - 1);
    const double share = place - static_cast<double>(before);
    result[i] = share == 0.0 ? values[before] : values[before] + share * (values[after] - values[before]);
  }
  return result;
}

/// Characters that hold two by four dots, or one mark, and the curve that was drawn there last.
class Canvas {
 public:
  Canvas(std::size_t columns, std::size_t rows, bool dots)
      : columns_(columns), rows_(rows), dots_(dots), cells_(columns * rows) {}

  std::size_t width() const { return dots_ ? 2 * columns_ : columns_; }
  std::size_t height() const { return dots_ ? 4 * rows_ : rows_; }

  /// Marks the points of column x from y to y_end, counted from the top.
  void draw(std::size_t x, std::size_t y, std::size_t y_end, std::size_t curve) {
    for (std::size_t point = std::min(y, y_end); point <= std::max(y, y_end); ++point) {
      Cell& cell = dots_ ? cells_[point / 4 * columns_ + x / 2] : cells_[point * columns_ + x];
      cell.dots |= dots_ ? dot_bits[point % 4][x % 2] : 1u;
      cell.curve = curve;
    }
  }

  std::string row(std::size_t row, bool coloured_cells) const {
    std::string text;
    for (std::size_t column = 0; column < columns_; ++column) {
      const Cell& cell = cells_[row * columns_ + column];
      text += cell.dots == 0 ? " " : coloured_cells ? coloured(cell.curve, glyph(cell)) : glyph(cell);
    }
    return text.erase(text.find_last_not_of(' ') + 1);
  }

 private:
  struct Cell {
    unsigned dots = 0;
    std::size_t curve = 0;
  };
  static constexpr unsigned dot_bits[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};

  std::string glyph(const Cell& cell) const {
    if (!dots_) return std::string(1, marks[cell.curve % marks.size()]);
    return {'\xe2', static_cast<char>(0xa0 | cell.dots >> 6), static_cast<char>(0x80 | (cell.dots & 0x3f))};
  }

  std::size_t columns_, rows_;
  bool dots_;
  std::vector<Cell> cells_;
};

void draw_curve(Canvas& canvas, const PlotCurve& curve, std::size_t number, const Limits& limits) {
  const std::vector<double> values = resampled(curve.values, canvas.width());
  bool joined = false;
  std::size_t before = 0;
  for (std::size_t x = 0; x < values.size(); ++x) {
    const bool finite = std::isfinite(values[x]);
    if (finite) {
      const double share = (limits.high - values[x]) / (limits.high - limits.low);
      const auto y = static_cast<std::size_t>(std::lround(share * static_cast<double>(canvas.height() - 1)));
      // A steep curve stays connected.
      const std::size_t from = !joined || before == y ? y : before < y ? before + 1 : before - 1;
      canvas.draw(x, from, y, number);
      before = y;
    }
    joined = finite;
  }
}

std::string label_of(std::size_t row, std::size_t rows, const Limits& limits) {
  const double share = static_cast<double>(row) / static_cast<double>(rows - 1);
  if (row != 0 && row != rows - 1 && 2 * row != rows - 1) return std::string(label_width, ' ');
  const double value = limits.high + share * (limits.low - limits.high);
  return fmt::format("{:>{}}", fmt::format("{:.{}f}", value, value == std::round(value) ? 0 : 1),
                     label_width);
}

}  // namespace

std::vector<std::string> plot_lines(const std::vector<PlotCurve>& curves, std::size_t rows,
                                    const PlotStyle& style) {
  const Limits limits = limits_of(curves);
  if (limits.empty()) return {};
  const std::size_t columns = std::max<std::size_t>(style.width, label_width + 14) - label_width - 4;
  Canvas canvas(columns, rows, has_dots(curves, style));
  std::size_t steps = 0;
  for (std::size_t i = 0; i < curves.size(); ++i) {
    draw_curve(canvas, curves[i], i, limits);
    steps = std::max(steps, curves[i].values.size());
  }
  const char* side = style.unicode ? "│" : "|";
  std::string base;
  for (std::size_t i = 0; i <= columns; ++i) base += style.unicode ? "─" : "-";
  std::vector<std::string> lines;
  for (std::size_t row = 0; row < rows; ++row) {
    const std::string points = canvas.row(row, style.colours);
    lines.push_back(
        fmt::format("{} {}{}{}", label_of(row, rows, limits), side, points.empty() ? "" : " ", points));
  }
  lines.push_back(fmt::format("{:>{}}{}", "", label_width + 1, (style.unicode ? "└" : "+") + base));
  const std::string last = fmt::format("t = {}", steps);
  lines.push_back(fmt::format("{:>{}}{:<{}}{}", "", label_width + 3, "t = 1", columns - last.size(), last));
  return lines;
}

std::string plot_legend(const std::vector<PlotCurve>& curves, std::size_t columns, const PlotStyle& style) {
  const bool marked = !has_dots(curves, style);
  std::string text;
  for (std::size_t i = 0; i < curves.size(); ++i) {
    const std::string name =
        marked ? fmt::format("{} {}", marks[i % marks.size()], curves[i].name) : curves[i].name;
    const std::size_t reserve = i + 1 < curves.size() ? 5 : 0;  // for the dots of the next
    if (name.size() + 2 + reserve > columns) return text + "  ...";
    columns -= name.size() + 2;
    text += "  " + (style.colours ? coloured(i, name) : name);
  }
  return text;
}

std::string cut(const std::string& text, std::size_t columns) {
  std::size_t end = 0;
  for (std::size_t count = 0; end < text.size(); ++end) {
    const bool begins = (static_cast<unsigned char>(text[end]) & 0xc0) != 0x80;
    if (begins && count++ == columns) break;
  }
  return text.substr(0, end);
}

std::string sparkline(const std::vector<double>& values, std::size_t width, bool unicode) {
  static constexpr std::array blocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  static constexpr std::array letters{"_", ".", ":", "-", "=", "+", "*", "#"};
  const std::vector<double> means = resampled(values, std::min(width, values.size()));
  Limits limits;
  for (const double mean : means) limits.add(mean);
  std::string text;
  for (const double mean : means) {
    if (!std::isfinite(mean)) {
      text += ' ';
      continue;
    }
    const double share = limits.high > limits.low ? (mean - limits.low) / (limits.high - limits.low) : 0.5;
    const auto level = static_cast<std::size_t>(std::lround(share * static_cast<double>(blocks.size() - 1)));
    text += unicode ? blocks[level] : letters[level];
  }
  return text;
}

bool locale_is_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    std::string text(value);
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text.find("utf-8") != std::string::npos || text.find("utf8") != std::string::npos;
  }
  return false;
}

}  // namespace carousel::cli
