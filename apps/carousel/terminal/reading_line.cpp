#include "terminal/reading_line.h"

#include <algorithm>
#include <cstdio>
#include <vector>

#include <fmt/format.h>

#include "carousel/data/text.h"
#include "carousel/text.h"

namespace carousel::cli {
namespace {

double share_of(const ReadProgress& progress) {
  if (progress.all == 0) return 0.0;
  return std::min(1.0, static_cast<double>(progress.done) / static_cast<double>(progress.all));
}

}  // namespace

std::string reading_text(const ReadProgress& progress) {
  std::vector<std::string> parts;
  if (progress.all > 0) parts.push_back(fmt::format("{:.0f} %", 100.0 * share_of(progress)));
  if (progress.rows > 0) parts.push_back(format_count(static_cast<double>(progress.rows)) + " rows");
  return "reading " + visible(progress.source) + (parts.empty() ? "" : ": " + join(parts));
}

void ReadingLine::show(const ReadProgress& progress) {
  constexpr std::chrono::milliseconds patience(500);
  constexpr std::chrono::seconds between_lines(10);
  const auto now = Clock::now();
  if (quiet_ || now - start_ < patience) return;
  if (console_.live()) return console_.progress(share_of(progress), reading_text(progress));
  if (now - said_ < between_lines) return;
  said_ = now;
  fmt::print(stderr, "{}\n", reading_text(progress));
}

}  // namespace carousel::cli
