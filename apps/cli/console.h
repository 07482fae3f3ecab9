// stderr as a person sees it: lines, and on a terminal one line at the bottom that is rewritten in place.
#pragma once

#include <chrono>
#include <string>

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

  /// Prints a whole line above the one at the bottom.
  void line(const std::string& text);

  /// Rewrites the line at the bottom: a bar of `done` in [0, 1], and a text cut to the terminal's width. At
  /// most ten times a second; nothing where there is no terminal.
  void progress(double done, const std::string& text);

  /// Removes the line at the bottom.
  void clear();

 private:
  void draw();

  bool live_;
  bool colours_;
  std::string bottom_;
  std::chrono::steady_clock::time_point drawn_{};
};

}  // namespace carousel::cli
