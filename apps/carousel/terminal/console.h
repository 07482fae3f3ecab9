// stderr as a person sees it: lines, and on a terminal a panel and a line at the bottom that are rewritten in
// place. The cursor is never hidden, so that a process that is killed has nothing to restore.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "terminal/live_plot.h"

namespace carousel::cli {

class Console {
 public:
  Console();
  ~Console() { clear(); }
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  /// Whether there is a terminal to rewrite a line on.
  bool live() const { return live_; }

  /// Whether it may show colours: a terminal, and no NO_COLOR.
  bool colours() const { return colours_; }

  /// The terminal as it is now.
  PlotStyle style() const;

  /// Prints a whole line above the panel.
  void line(const std::string& text);

  /// Whether there is a terminal, and the bottom was not rewritten within the last tenth of a second.
  bool is_due() const;

  /// Rewrites the line at the bottom: a bar of `done` in [0, 1], and a text cut to the terminal's width.
  /// Nothing when it is not due.
  void progress(double done, const std::string& text);

  /// Lines above that line, narrower than the terminal; they are shown when it is rewritten next.
  void panel(std::vector<std::string> lines) { panel_ = std::move(lines); }

  /// Removes the line at the bottom; the panel stays as it is and is rewritten no more.
  void clear();

 private:
  void draw(const std::string& above);

  bool live_;
  bool colours_;
  std::vector<std::string> panel_;
  std::string bottom_;
  std::size_t drawn_ = 0;  // lines that are rewritten
  std::chrono::steady_clock::time_point drawn_at_{};
};

}  // namespace carousel::cli
