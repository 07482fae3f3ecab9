#include "terminal/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

namespace carousel::cli {
namespace {

constexpr std::size_t bar_width = 12;

bool is_terminal() {
  const char* kind = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) == 1 && kind != nullptr && std::string_view(kind) != "dumb";
}

bool colours_refused() {
  const char* value = std::getenv("NO_COLOR");
  return value != nullptr && *value != '\0';
}

std::string erase(std::size_t lines) {
  if (lines == 0) return "";
  return lines == 1 ? "\r\x1b[J" : fmt::format("\r\x1b[{}A\x1b[J", lines - 1);
}

}  // namespace

Console::Console() : live_(is_terminal()), colours_(live_ && !colours_refused()) {}

PlotStyle Console::style() const {
  PlotStyle style{.colours = colours_, .unicode = locale_is_utf8()};
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return style;
  style.width = size.ws_col;
  style.height = size.ws_row;
  return style;
}

void Console::line(const std::string& text) {
  draw(text + "\n");
}

bool Console::is_due() const {
  return live_ && std::chrono::steady_clock::now() - drawn_at_ >= std::chrono::milliseconds(100);
}

void Console::progress(double done, const std::string& text) {
  if (!is_due()) return;
  drawn_at_ = std::chrono::steady_clock::now();
  const double cells = std::clamp(done, 0.0, 1.0) * static_cast<double>(bar_width);
  const auto full = static_cast<std::size_t>(std::lround(cells));
  bottom_ = fmt::format("[{}{}] {}", std::string(full, '#'), std::string(bar_width - full, '-'), text);
  draw("");
}

void Console::clear() {
  if (bottom_.empty() && panel_.empty()) return;
  bottom_.clear();
  draw("");
  panel_.clear();
  drawn_ = 0;
}

// One write, so that no half-drawn frame is seen.
void Console::draw(const std::string& above) {
  std::string text = erase(drawn_) + above;
  drawn_ = 0;
  if (live_) {
    for (const std::string& line : panel_) text += line + "\n";
    // A line that wraps could not be erased: it stays narrower than the terminal, also when ^C is echoed behind it.
    text += bottom_.substr(0, style().width - std::min<std::size_t>(style().width, 3));
    drawn_ = bottom_.empty() && panel_.empty() ? 0 : panel_.size() + 1;
  }
  std::fputs(text.c_str(), stderr);
}

}  // namespace carousel::cli
