#include "cli/console.h"

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
constexpr const char* erase_line = "\r\x1b[K";

bool is_terminal() {
  const char* kind = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) == 1 && kind != nullptr && std::string_view(kind) != "dumb";
}

bool colours_refused() {
  const char* value = std::getenv("NO_COLOR");
  return value != nullptr && *value != '\0';
}

std::size_t terminal_width() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace

Console::Console() : live_(is_terminal()), colours_(live_ && !colours_refused()) {}

void Console::line(const std::string& text) {
  if (!bottom_.empty()) std::fputs(erase_line, stderr);
  std::fprintf(stderr, "%s\n", text.c_str());
  draw();
}

void Console::progress(double done, const std::string& text) {
  const auto now = std::chrono::steady_clock::now();
  if (!live_ || now - drawn_ < std::chrono::milliseconds(100)) return;
  drawn_ = now;
  const double cells = std::clamp(done, 0.0, 1.0) * static_cast<double>(bar_width);
  const auto full = static_cast<std::size_t>(std::lround(cells));
  bottom_ = fmt::format("[{}{}] {}", std::string(full, '#'), std::string(bar_width - full, '-'), text);
  draw();
}

void Console::clear() {
  if (bottom_.empty()) return;
  std::fputs(erase_line, stderr);
  bottom_.clear();
}

void Console::draw() {
  // A line as wide as the terminal would wrap on some, and could then not be erased.
  if (!bottom_.empty())
    std::fprintf(stderr, "%s%s", erase_line, bottom_.substr(0, terminal_width() - 1).c_str());
}

}  // namespace carousel::cli
