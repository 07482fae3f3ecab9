#include "recurrent/plugin/cell_text.h"

#include <cctype>
#include <vector>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/text.h"

namespace carousel {

namespace {

/// Where what begins at `at` ends: a comment, a string, a character, a preprocessor line; `at` for anything else.
std::size_t end_of_opaque(std::string_view text, std::size_t at, bool at_line_start) {
  const auto to = [&](std::string_view end, std::size_t from) {
    const auto found = text.find(end, from);
    return found == std::string_view::npos ? text.size() : found + end.size();
  };
  const auto rest = text.substr(at);
  if (rest.starts_with("/*")) return to("*/", at + 2);
  if (rest.starts_with("//")) return std::min(text.find('\n', at), text.size());
  if (rest.starts_with("R\"")) {
    const auto open = text.find('(', at);
    if (open == std::string_view::npos) return text.size();
    return to(fmt::format("){}\"", text.substr(at + 2, open - at - 2)), open);
  }
  const char quote = rest.front();
  const bool digits = quote == '\'' && at > 0 && std::isalnum(static_cast<unsigned char>(text[at - 1]));
  if ((quote == '"' || quote == '\'') && !digits) {
    std::size_t end = at + 1;
    while (end < text.size() && text[end] != quote && text[end] != '\n') end += text[end] == '\\' ? 2 : 1;
    return std::min(end + 1, text.size());
  }
  if (quote == '#' && at_line_start) {
    std::size_t end = at;
    while (end < text.size() && (text[end] != '\n' || text[end - 1] == '\\')) ++end;
    return end;
  }
  return at;
}

struct Scope {
  std::string name;  ///< of a namespace or struct; empty for any other braces
  bool is_struct = false;
  std::size_t begin = 0;
};

struct FoundStruct {
  std::string name;
  std::string_view body;
};

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == ':';
}

/// The words of a declaration's head, up to what is inherited.
std::vector<std::string> words_of(std::string_view head) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : head) {
    if (is_word(c)) {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
  }
  if (!word.empty()) words.push_back(word);
  return words;
}

/// What the head before a brace opens.
Scope scope_of(std::string_view head, std::size_t begin) {
  const auto words = words_of(head);
  if (words.empty() || head.find('(') != std::string_view::npos) return {{}, false, begin};
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const bool is_struct = words[i] == "struct" || words[i] == "class";
    if (is_struct && words[0] == "template") break;
    if (is_struct || words[i] == "namespace") return {words[i + 1], is_struct, begin};
  }
  return {{}, false, begin};
}

std::vector<FoundStruct> structs_of(std::string_view code) {
  std::vector<FoundStruct> found;
  std::vector<Scope> scopes;
  std::size_t head = 0;
  for (std::size_t at = 0; at < code.size(); ++at) {
    const char c = code[at];
    if (c == '{') {
      scopes.push_back(scope_of(code.substr(head, at - head), at + 1));
    } else if (c == '}' && !scopes.empty()) {
      const Scope closed = scopes.back();
      scopes.pop_back();
      bool inside = false;  // of a struct or a function
      std::string name;
      for (const Scope& scope : scopes) {
        inside = inside || scope.is_struct || scope.name.empty();
        name += scope.name + "::";
      }
      if (closed.is_struct && !inside)
        found.push_back({name + closed.name, code.substr(closed.begin, at - closed.begin)});
    }
    if (c == '{' || c == '}' || c == ';') head = at + 1;
  }
  return found;
}

bool has_word(std::string_view text, std::string_view word) {
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const bool begins = at == 0 || !is_word(text[at - 1]);
    if (begins && (at + word.size() == text.size() || !is_word(text[at + word.size()]))) return true;
  }
  return false;
}

/// The text with comments, strings and preprocessor lines blanked out; lines stay where they are.
std::string code_of(std::string_view source) {
  std::string code(source);
  bool line_start = true;
  for (std::size_t at = 0; at < source.size();) {
    const std::size_t end = end_of_opaque(source, at, line_start);
    if (end == at) {
      line_start = source[at] == '\n' || (line_start && std::isspace(static_cast<unsigned char>(source[at])));
      ++at;
      continue;
    }
    for (; at < end; ++at) {
      if (source[at] != '\n') code[at] = ' ';
    }
  }
  return code;
}

}  // namespace

std::string find_cell(std::string_view source, const std::string& file) {
  const std::string code = code_of(source);
  auto found = structs_of(code);
  if (found.size() > 1)
    std::erase_if(found, [](const FoundStruct& one) { return !has_word(one.body, "step"); });
  if (found.size() == 1) return found.front().name;
  if (found.empty()) {
    throw Error(fmt::format(
        "'{}' has no cell: it must define one struct with name, gates, states and step, as docs/extending.md "
        "shows",
        file));
  }
  std::vector<std::string> names;
  for (const FoundStruct& one : found) names.push_back(one.name);
  throw Error(fmt::format("'{}' defines {} structs with a step ({}): a file holds one cell", file,
                          found.size(), join(names)));
}

}  // namespace carousel
