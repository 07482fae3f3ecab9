#include "terminal/log.h"

#include <fstream>
#include <memory>
#include <string_view>

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>

#include "carousel/io/file.h"

namespace carousel::cli {
namespace {

using Sink = spdlog::sinks::base_sink<spdlog::details::null_mutex>;

std::string_view payload(const spdlog::details::log_msg& message) {
  return {message.payload.data(), message.payload.size()};
}

/// Bare lines on stderr; warnings say so.
class ConsoleSink : public Sink {
 public:
  explicit ConsoleSink(Console& console) : console_(console) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const std::string text(payload(message));
    if (message.level < spdlog::level::warn) return console_.line(text);
    console_.line((console_.colours() ? "\x1b[33mwarning:\x1b[0m " : "warning: ") + text);
  }
  void flush_() override {}

  Console& console_;
};

/// log.txt. Unlike spdlog's own file sink it tells when the disk is full.
class FileSink : public Sink {
 public:
  explicit FileSink(const std::filesystem::path& path) : file_(path) {
    std::ifstream text(path, std::ios::binary);
    const bool cut = file_.size() > 0 && text.seekg(-1, std::ios::end) && text.get() != '\n';
    if (cut) file_.append("");  // by a kill
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    file_.append({line.data(), line.size() - 1});
  }
  void flush_() override {}

  AppendFile file_;
};

}  // namespace

Log::Log(Console& console, bool quiet) : logger_("carousel", std::make_shared<ConsoleSink>(console)) {
  logger_.set_level(spdlog::level::debug);
  logger_.sinks().front()->set_level(quiet ? spdlog::level::warn : spdlog::level::info);
  // spdlog calls this while it handles what a sink threw, and would otherwise swallow it.
  logger_.set_error_handler([](const std::string&) { throw; });
}

void Log::write_to(const std::filesystem::path& file) {
  auto sink = std::make_shared<FileSink>(file);
  sink->set_pattern("%Y-%m-%d %H:%M:%S  %v");
  logger_.sinks().push_back(std::move(sink));
}

}  // namespace carousel::cli
