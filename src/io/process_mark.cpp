#include "io/process_mark.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

namespace carousel {
namespace {

constexpr std::string_view temporary_prefix = ".carousel-";

/// The 22nd field of /proc/PID/stat; the second is a name that may hold spaces and brackets.
std::string start_of_process(std::int64_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::size_t at = text.rfind(')');
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = text.find(' ', at + 1);
  if (at == std::string::npos) return "";
  return text.substr(at + 1, text.find(' ', at + 1) - at - 1);
}

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

/// FNV-1a: a name of any length in eight digits.
std::string in_eight_digits(std::string_view text) {
  std::uint32_t hash = 2166136261u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return fmt::format("{:08x}", hash);
}

std::string_view cut_part(std::string_view& text) {
  const std::size_t end = std::min(text.find('-'), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

}  // namespace

const ProcessMark& own_mark() {
  static const ProcessMark mark{
      .host = host_name(), .pid = ::getpid(), .start = start_of_process(::getpid())};
  return mark;
}

ProcessState state_of(const ProcessMark& mark) {
  if (mark.host != own_mark().host) return ProcessState::elsewhere;
  if (mark.pid <= 0) return ProcessState::gone;
  if (::kill(static_cast<pid_t>(mark.pid), 0) != 0 && errno == ESRCH) return ProcessState::gone;
  // Another process may have been given the number since.
  return start_of_process(mark.pid) == mark.start ? ProcessState::running : ProcessState::gone;
}

std::string temporary_name(std::string_view ending) {
  static std::atomic<unsigned> count{0};
  const ProcessMark& own = own_mark();
  return fmt::format("{}{}-{}-{}-{}{}", temporary_prefix, in_eight_digits(own.host), own.pid, own.start,
                     count++, ending);
}

bool is_left_behind(std::string_view name) {
  if (!name.starts_with(temporary_prefix)) return false;
  name.remove_prefix(temporary_prefix.size());
  if (cut_part(name) != in_eight_digits(own_mark().host)) return false;
  const std::string_view digits = cut_part(name);
  ProcessMark mark{.host = own_mark().host};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), mark.pid);
  if (error != std::errc() || end != digits.data() + digits.size()) return false;
  mark.start = cut_part(name);
  return state_of(mark) == ProcessState::gone;
}

}  // namespace carousel
