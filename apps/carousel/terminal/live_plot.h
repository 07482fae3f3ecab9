// Curves as text: a small plot of lines of characters, and a curve in one line.
//
//        0 |               111000   rows of braille dots, two by four to a character; where neither braille nor
//          |      111111100000      colours tell the curves apart, of their marks 0, 1, ...
//       -8 | 0001110000000
//          +---------------------
//            t = 1        t = 100
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace carousel::cli {

/// What the terminal can show.
struct PlotStyle {
  std::size_t width = 80, height = 24;  ///< of the terminal, in characters
  bool colours = false;
  bool unicode = false;
};

struct PlotCurve {
  std::string name;
  std::vector<double> values;  ///< one a step; what is not finite is left out
};

/// The plot, `rows` high without its axis, of lines of less than style.width columns. The limits of the
/// upright axis are even numbers. No lines where no value is finite.
std::vector<std::string> plot_lines(const std::vector<PlotCurve>& curves, std::size_t rows,
                                    const PlotStyle& style);

/// The names of the curves with their colours, or with their marks where there are no colours: as many as fit
/// into so many columns.
std::string plot_legend(const std::vector<PlotCurve>& curves, std::size_t columns, const PlotStyle& style);

/// A curve in at most `width` characters, each the mean of its share of the values, from the lowest to the
/// highest; a space where none is finite.
std::string sparkline(const std::vector<double>& values, std::size_t width, bool unicode);

/// The first `columns` characters of a text in UTF-8.
std::string cut(const std::string& text, std::size_t columns);

/// Whether the locale's character set is UTF-8, by the environment.
bool locale_is_utf8();

}  // namespace carousel::cli
