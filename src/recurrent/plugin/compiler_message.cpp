#include "recurrent/plugin/compiler_message.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include <fmt/format.h>

namespace carousel {

namespace {

namespace fs = std::filesystem;

/// A line that says where and what: "cell.h:12:20: error: text", "cell.h:12:20:   required from here".
struct Remark {
  std::string_view file;
  int line = 0;  ///< 0 where none is printed
  std::string_view text;
};

std::string with_plain_quotes(std::string_view output) {
  std::string text;
  for (std::size_t i = 0; i < output.size(); ++i) {
    const auto character = output.substr(i, 3);
    const bool quote = character == "\u2018" || character == "\u2019";
    text += quote ? '\'' : output[i];
    if (quote) i += 2;
  }
  return text;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// Takes a number and a colon off the front.
std::optional<int> take_number(std::string_view& text) {
  int number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end == text.data() + text.size() || *end != ':') return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return number;
}

Remark remark_of(std::string_view line) {
  for (auto colon = line.find(':'); colon != line.npos; colon = line.find(':', colon + 1)) {
    auto rest = line.substr(colon + 1);
    if (const auto number = take_number(rest)) {
      take_number(rest);  // the column
      return {line.substr(0, colon), *number, rest};
    }
    if (rest.starts_with(' ')) return {line.substr(0, colon), 0, rest};
  }
  return {{}, 0, line};
}

bool is_same_file(std::string_view printed, const fs::path& cell) {
  std::error_code ignored;
  return !printed.empty() && (fs::path(printed) == cell || fs::equivalent(printed, cell, ignored));
}

/// What follows `mark`, where it is there.
std::optional<std::string_view> after(std::string_view text, std::string_view mark) {
  const auto at = text.find(mark);
  if (at == text.npos) return std::nullopt;
  return text.substr(at + mark.size());
}

bool is_error(std::string_view text) {
  return text.starts_with(" error: ") || text.starts_with(" fatal error: ");
}
/// What says from where the code of an error was asked for; g++ prints it before the error, clang after it.
bool is_origin(std::string_view text) {
  return text.find("required from") != text.npos || text.find("required by") != text.npos ||
         text.find("'constexpr' expansion") != text.npos || text.find("in instantiation of") != text.npos ||
         text.find("in call to") != text.npos || text.find("declared here") != text.npos ||
         text.find("to match this") != text.npos;
}

/// The line of the cell's file that leads to the error, 0 for none: its own, else the first from which it was asked for,
/// which is the nearest to it.
int line_in_cell(const std::vector<std::string_view>& lines, const Remark& error, const fs::path& cell) {
  if (is_same_file(error.file, cell)) return error.line;
  for (const auto line : lines) {
    const auto remark = remark_of(line);
    const bool leads = is_origin(remark.text) || is_error(remark.text);
    if (remark.line > 0 && leads && is_same_file(remark.file, cell)) return remark.line;
  }
  return 0;
}

std::string unescaped(std::string_view literal) {
  std::string text;
  for (std::size_t i = 0; i < literal.size(); ++i) {
    if (literal[i] == '\\' && i + 1 < literal.size()) ++i;
    text += literal[i];
  }
  return text;
}

/// The sentence of a static_assert, as each compiler prints it, or of the one limit that no static_assert can know.
std::optional<std::string> sentence_of(std::string_view error) {
  if (after(error, "operation count exceeds limit") || after(error, "hit maximum step limit"))
    return "a cell's step has too many operations for the compiler to derive it";
  if (const auto plain = after(error, "static assertion failed: ")) return std::string(*plain);
  if (!after(error, "static assertion failed due to requirement ") &&
      !after(error, "static_assert failed due to requirement "))
    return std::nullopt;
  if (const auto behind = after(error, "': ")) return std::string(*behind);
  if (auto quoted = after(error, "' \"")) return unescaped(quoted->substr(0, quoted->rfind('"')));
  return std::nullopt;
}

/// The numbers that a static_assert compared: " (3, not 2)".
std::string compared_numbers(const std::vector<std::string_view>& behind) {
  for (const auto line : behind) {
    const auto text = remark_of(line).text;
    if (is_error(text)) break;
    for (const auto* mark : {"the comparison reduces to '(", "expression evaluates to '"}) {
      auto compared = after(text, mark);
      if (!compared) continue;
      compared = compared->substr(0, compared->find_first_of(")'"));
      for (const std::string_view sign : {" == ", " <= ", " >= "}) {
        const auto at = compared->find(sign);
        if (at == compared->npos) continue;
        return fmt::format(" ({}{}{})", compared->substr(0, at), sign == " == " ? ", not " : ", limit ",
                           compared->substr(at + sign.size()));
      }
    }
  }
  return {};
}

/// Why a step cannot be evaluated, which the compiler says behind the sentence: " (there is no [2])".
std::string reason_of(const std::vector<std::string_view>& behind) {
  for (const auto line : behind) {
    for (const auto* mark : {"array subscript value '", "cannot refer to element "}) {
      if (const auto index = after(line, mark))
        return fmt::format(" (there is no [{}])", index->substr(0, index->find_first_of("' ")));
    }
    for (const auto* mark : {"call to non-'constexpr' function '", "non-constexpr function '"}) {
      if (auto name = after(line, mark)) {
        name = name->substr(0, name->find_first_of("(<'"));
        return fmt::format(" ({} is not constexpr)", name->substr(name->rfind(' ') + 1));
      }
    }
    if (after(line, "one-past-the-end") || after(line, "past the end of object"))
      return " (an index is too high)";
  }
  return {};
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

void erase_from(std::string& text, std::string_view begin, std::string_view end) {
  for (auto at = text.find(begin); at != text.npos; at = text.find(begin)) {
    const auto stop = text.find(end, at);
    text.erase(at, stop == text.npos ? text.npos : stop + end.size() - at);
  }
}

/// A compiler's own text, in the words of the cell's file.
std::string own_text(std::string_view error) {
  std::string text(error.substr(error.find("error: ") + 7));
  erase_from(text, " {aka '", "'}");
  erase_from(text, " (aka '", "')");
  erase_from(text, " [with ", "]");
  erase_from(text, " [-", "]");
  for (const auto* type : {"carousel::StepValue<>", "carousel::StepValue<void>", "StepValue<>"})
    replace_all(text, type, "V");
  replace_all(text, "carousel::", "");
  replace_all(text, "class V", "V");
  return text;
}

/// A step's functions are found for the V of its template alone.
bool misses_the_template(std::string_view text) {
  for (const auto* function :
       {"sigmoid", "tanh", "exp", "log", "relu", "softplus", "abs", "min", "max", "sqrt", "square"}) {
    for (const auto& said : {fmt::format("'{}' was not declared in this scope", function),
                             fmt::format("use of undeclared identifier '{}'", function)}) {
      if (text.find(said) != text.npos) return true;
    }
  }
  return false;
}

}  // namespace

std::string compiler_message(std::string_view output, const fs::path& cell) {
  const std::string plain = with_plain_quotes(output);
  const auto lines = lines_of(plain);
  const auto first = std::ranges::find_if(lines, [](auto line) { return is_error(remark_of(line).text); });
  if (first == lines.end()) {
    const auto last =
        std::ranges::find_if(lines.rbegin(), lines.rend(), [](auto line) { return !line.empty(); });
    return fmt::format("{}: {}", cell.filename().string(),
                       last == lines.rend() ? "the compiler failed without a word" : *last);
  }

  const auto error = remark_of(*first);
  std::string text;
  if (const auto sentence = sentence_of(error.text)) {
    const std::vector<std::string_view> behind(first + 1, lines.end());
    text =
        *sentence + (after(*sentence, "cannot be evaluated") ? reason_of(behind) : compared_numbers(behind));
  } else {
    text = own_text(error.text);
    if (text.ends_with(':')) {  // the reason is an error of its own
      const auto next =
          std::find_if(first + 1, lines.end(), [](auto line) { return is_error(remark_of(line).text); });
      if (next != lines.end()) text += " " + own_text(remark_of(*next).text);
    }
    const bool in_std = first + 1 != lines.end() && first[1].find("std::") != std::string_view::npos;
    if (in_std && text.starts_with("no matching function"))
      text += " (a step's functions stand without std::)";
    if (misses_the_template(text))
      text += " (a step is a template: write template <class V> before it, and V for what it computes with)";
  }
  if (const int line = line_in_cell(lines, error, cell); line > 0)
    return fmt::format("{}:{}: {}", cell.filename().string(), line, text);
  const bool is_elsewhere = !sentence_of(error.text) && error.line > 0;
  if (is_elsewhere)
    return fmt::format("{}: {}:{}: {}", cell.filename().string(), error.file, error.line, text);
  return fmt::format("{}: {}", cell.filename().string(), text);
}

}  // namespace carousel
