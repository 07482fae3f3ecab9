#include "data/tables/columns.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include <fmt/format.h>

#include "carousel/data/text.h"
#include "carousel/text.h"

#include "io/machine_memory.h"

namespace carousel {
namespace {

/// At most a dozen: a table may have ten thousand columns.
std::string some_of(const std::vector<std::string>& names) {
  constexpr std::size_t most = 12;
  std::vector<std::string> listed;
  for (const auto& name : names) {
    if (listed.size() == most) break;
    listed.push_back(visible(name.substr(0, 30)));
  }
  return join(listed) + (names.size() > most ? fmt::format(" and {} more", names.size() - most) : "");
}

bool may_be_added(const std::string& name) {
  return name == sequence_column || name == label_column;
}

/// A name like `name` that no column has.
std::string free_name(std::string name, const std::vector<std::string>& names) {
  for (int i = 2;; ++i) {
    std::string candidate = fmt::format("{}_{}", name, i);
    if (std::ranges::find(names, candidate) == names.end()) return candidate;
  }
}

bool all_numbers(const std::vector<std::string>& names) {
  return std::ranges::all_of(names,
                             [](const auto& name) { return parse_number<double>(trim(name)).has_value(); });
}

void check_names(const std::vector<std::string>& names, const std::string& source, const std::string& where) {
  std::unordered_map<std::string, std::size_t> first;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) {
      throw Error(fmt::format("{}{} has no name for column {}; give it one, such as '{}'", where, source,
                              i + 1, i == 0 ? "row" : fmt::format("x{}", i + 1)));
    }
    const auto [other, is_new] = first.emplace(names[i], i);
    if (is_new) continue;
    throw Error(fmt::format("{}{} names both column {} and column {} {}; {}", where, source,
                            other->second + 1, i + 1, shown(names[i]),
                            all_numbers(names) ? "add a first line that names the columns"
                                               : fmt::format("call the second another name, such as {}",
                                                             shown(free_name(names[i], names)))));
  }
}

}  // namespace

bool has_ending(const std::filesystem::path& path, std::string_view ending) {
  std::string name = path.filename().string();
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return name.size() > ending.size() && name.ends_with(ending);
}

Error no_such_column(std::string_view why, const std::string& name, const std::vector<std::string>& names,
                     std::string_view source) {
  const std::string near = nearest(name, names);
  return Error(fmt::format("{} {}, which is no column of {}{} (columns: {})", why, shown(name), source,
                           near.empty() ? "" : fmt::format("; did you mean {}?", shown(near)),
                           some_of(names)));
}

std::vector<std::size_t> wanted_columns(const std::vector<std::string>& names, const TableFormat& format,
                                        const std::string& source, const std::string& where) {
  check_names(names, source, where);
  for (const auto& name : format.only) {
    if (std::ranges::find(names, name) == names.end() && !may_be_added(name))
      throw no_such_column("what is read needs", name, names, source);
  }
  std::vector<std::size_t> wanted;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (format.only.empty() || std::ranges::find(format.only, names[i]) != format.only.end())
      wanted.push_back(i);
  }
  return wanted;
}

void check_memory(const std::string& source, std::int64_t rows, std::size_t columns) {
  const double bytes = static_cast<double>(rows) * static_cast<double>(columns) * sizeof(double);
  if (bytes <= machine_memory()) return;
  throw SystemError(fmt::format(
      "cannot read {}: {} rows of {} values are more than there is memory for; read fewer columns or rows",
      source, rows, columns));
}

}  // namespace carousel
