#include "sweep/progress.h"

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/text.h"

#include "sweep/figures.h"

namespace carousel::cli {
namespace {

/// "mean squared error 0.0061, 400 updates".
std::string came_to(const std::filesystem::path& folder, const std::string& run) {
  const RunFigures figures = read_figures(folder, {.name = run}, {});
  const std::string metric =
      figures.metric ? fmt::format("{} {:.4g}, ", figures.metric_name, *figures.metric) : "";
  return fmt::format("{}{} updates", metric, figures.updates);
}

}  // namespace

SweepProgress::SweepProgress(std::size_t count, std::size_t done, std::size_t failed, bool quiet)
    : count_(count), done_(done), failed_(failed), quiet_(quiet) {}

void SweepProgress::done(const std::filesystem::path& folder, const std::string& run) {
  ++done_, ++now_;
  if (!quiet_ && !console_.live()) ended(fmt::format("{}: {}", run, came_to(folder, run)));
}

void SweepProgress::pruned(const std::string& run) {
  ++done_, ++now_;
  if (!console_.live()) ended(run + ": pruned");
}

void SweepProgress::failed(const std::string& run, const std::string& sentence) {
  ++failed_, ++now_;
  ended(fmt::format("failed: {}: {}", run, sentence));
}

void SweepProgress::say(const std::string& line) {
  if (!quiet_) console_.line(line);
}

void SweepProgress::ended(const std::string& line) {
  say(fmt::format("{}/{} {}", finished(), count_, line));
}

void SweepProgress::show(const std::vector<std::string>& running) {
  if (quiet_ || !console_.is_due()) return;
  const auto left = static_cast<double>(count_ - finished());
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start_;
  const double eta = now_ == 0 ? -1.0 : spent.count() / static_cast<double>(now_) * left;
  console_.progress(static_cast<double>(finished()) / static_cast<double>(count_),
                    fmt::format("{} done, {} failed, {} left | eta {} | {}", done_, failed_, left,
                                format_duration(eta), join(running)));
}

std::string failure_of(const JobEnd& end) {
  if (!end.sentence.empty()) return end.sentence;
  return end.exit_code > 128 ? fmt::format("it was ended by {}", signal_name(end.exit_code - 128))
                             : fmt::format("it ended with exit code {}", end.exit_code);
}

bool is_failure(const JobEnd& end) {
  constexpr int verdict_failed = 4;
  return end.exit_code != 0 && end.exit_code != verdict_failed;
}

void check_disk(const JobEnd& end) {
  if (end.exit_code != 1) return;
  for (const int reason : {ENOSPC, EDQUOT, EFBIG}) {
    if (end.sentence.find(std::strerror(reason)) == std::string::npos) continue;
    throw SystemError(fmt::format("{}; the sweep stops, and goes on when it is started again", end.sentence));
  }
}

}  // namespace carousel::cli
