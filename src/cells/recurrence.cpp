#include "carousel/cells/recurrence.h"

#include <charconv>

#include <fmt/format.h>

#include "carousel/error.h"

namespace carousel {

Recurrence Recurrence::parse(std::string_view text) {
  if (text == "full") return {};
  if (text == "diagonal") return {.form = Form::diagonal};
  if (text == "none") return {.form = Form::none};
  constexpr std::string_view heads = "heads:";
  std::int64_t count = 0;
  if (text.starts_with(heads)) {
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data() + heads.size(), end, count);
    if (error == std::errc{} && rest == end && count > 0) return {.form = Form::heads, .heads = count};
  }
  throw Error(fmt::format(
      "the recurrence is '{}': it must be full, heads:N such as heads:4, diagonal or none", text));
}

std::string Recurrence::text() const {
  switch (form) {
    case Form::heads:
      return fmt::format("heads:{}", heads);
    case Form::diagonal:
      return "diagonal";
    case Form::none:
      return "none";
    default:
      return "full";
  }
}

std::vector<std::int64_t> Recurrence::shape(std::int64_t gates, std::int64_t hidden) const {
  switch (form) {
    case Form::heads:
      return {heads, gates * (hidden / heads), hidden / heads};
    case Form::diagonal:
      return {gates * hidden};
    case Form::none:
      return {};
    default:
      return {gates * hidden, hidden};
  }
}

void Recurrence::check(std::int64_t hidden) const {
  if (form != Form::heads || (heads > 0 && hidden % heads == 0)) return;
  throw Error(fmt::format(
      "{} units cannot be shared out among {} heads: give a number of heads that divides the units", hidden,
      heads));
}

}  // namespace carousel
